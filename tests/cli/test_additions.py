"""`nipype-qsm files --swi --separation`: what is made beside the maps of every run."""

import re

import numpy as np
import pytest

from nipype_qsm.cli.main import main
from nipype_qsm.io import load_volume, read_json


def arguments(folder, out, *more):
    tree = folder / "ukb"
    masks = ["--mask", str(tree / "truth" / "mask_brain.nii.gz")]
    masks += ["--reference-mask", str(tree / "truth" / "mask_reference.nii.gz")]
    files = ["--phase", f"{tree}/SWI/PHA_TE*/*.nii.gz", "--magnitude", f"{tree}/SWI/MAG_TE*/*.nii.gz"]
    return ["files", str(out), *files, *masks, "--n-procs", "1", "--quiet", "--inversion", "tkd", *more]


def test_weighted_images_and_sources_are_delivered_drawn_and_cited(small_subject, tmp_path):
    out = tmp_path / "out"
    assert main(arguments(small_subject, out, "--swi", "--separation", "r2star_qsm")) == 0
    made = {path.name for path in out.glob("*.nii.gz")}
    expected = {"swi", "swi_minimum", "phase_filtered_echo-1", "phase_filtered_echo-2"}
    expected |= {"chi_paramagnetic", "chi_diamagnetic"}
    assert {f"{name}.nii.gz" for name in expected} <= made
    chi, positive, negative = (
        load_volume(out / f"{name}.nii.gz", name)[0]
        for name in ("chi_referenced", "chi_paramagnetic", "chi_diamagnetic")
    )
    tissue = load_volume(out / "mask_tissue.nii.gz", "mask_tissue")[0]
    np.testing.assert_allclose((positive + negative)[tissue], chi[tissue], atol=1e-5)
    steps = read_json(out / "summary.json")["steps"]
    assert steps["swi"]["method"] == "swi" and steps["separation"]["method"] == "r2star_qsm"
    page = (out / "report.html").read_text()
    for said in (
        "Susceptibility-weighted image",
        "Paramagnetic susceptibility",
        "10.1002/mrm.20198",
        "10.1111/jon.13014",
    ):
        assert said in page


def test_a_separation_that_needs_another_scan_is_refused_before_anything_is_written(small_subject, tmp_path, capsys):
    assert main(arguments(small_subject, tmp_path / "out", "--separation", "chi_separation")) == 2
    assert re.search(r"--r2prime FILE.*r2star_qsm", capsys.readouterr().err, re.DOTALL)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--swi", "--separation"])
def test_an_unknown_method_is_answered_with_the_known_ones(small_subject, tmp_path, capsys, option):
    assert main(arguments(small_subject, tmp_path / "out", option, "magic")) == 2
    assert "Choose one of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
