"""`nipype-qsm files`: what a user gets, and what is said meanwhile."""

import inspect
import json
import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.cli.checks import checked_inputs
from nipype_qsm.cli.main import main, parser
from nipype_qsm.interfaces.coils import MCPC3DS
from nipype_qsm.interfaces.inversion import TKD
from nipype_qsm.io import load_volume, read_array, read_json

VOLUMES = {
    *("chi", "chi_referenced", "field_total", "field_local", "t2star", "r2star", "s0", "magnitude_combined"),
    *("mask_brain", "mask_reliable", "mask_local", "mask_tissue", "mask_reference"),
    *(f"{name}_echo-{n}" for name in ("phase", "magnitude", "phase_unwrapped", "reliability") for n in (1, 2)),
}


def coils(folder, kind):
    return sorted(str(path) for path in (folder / "ukb" / "SWI").glob(f"{kind}_TE*/*.nii.gz"))


def command(folder, out, *more):
    truth = folder / "ukb" / "truth"
    files = ["--phase", *coils(folder, "PHA"), "--magnitude", *coils(folder, "MAG")]
    masks = ["--mask", str(truth / "mask_brain.nii.gz"), "--reference-mask", str(truth / "mask_reference.nii.gz")]
    return ["files", str(out), *files, *masks, "--n-procs", "1", "--inversion", "tkd", *more]


def test_a_quoted_pattern_finds_the_files_that_the_shell_would(small_subject, tmp_path):
    swi = small_subject / "ukb" / "SWI"
    patterns = ["--phase", f"{swi}/PHA_TE*/*.nii.gz", "--magnitude", f"{swi}/MAG_TE*/*.nii.gz"]
    found, _ = checked_inputs(parser().parse_args(["files", str(tmp_path / "out"), *patterns]))
    assert found["phase"] == coils(small_subject, "PHA")
    assert found["magnitude"] == coils(small_subject, "MAG")


@pytest.fixture(scope="module")
def mapped(small_subject, tmp_path_factory):
    """An output folder, and what was said while it was made."""
    out = tmp_path_factory.mktemp("mapped") / "out"
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr("sys.stderr.write", lines.append)
        assert main(command(small_subject, out)) == 0
    return out, "".join(lines).splitlines()


def test_the_folder_holds_every_map_with_a_side_car_the_summary_and_the_report(mapped):
    out, _ = mapped
    assert {path.name.removesuffix(".nii.gz") for path in out.glob("*.nii.gz")} == VOLUMES
    assert {path.stem for path in out.glob("*.json")} == VOLUMES | {"summary"}
    assert {path.name for path in out.iterdir()} == {
        *(f"{name}{ending}" for name in VOLUMES for ending in (".nii.gz", ".json")),
        *("summary.json", "report.html", "graph.html"),
    }


def test_every_map_keeps_the_grid_and_names_quantity_and_unit(mapped, small_subject):
    first = nib.load(coils(small_subject, "PHA")[0])
    for path in mapped[0].glob("*.nii.gz"):
        image, sidecar = nib.load(path), read_json(path.with_name(path.name.replace(".nii.gz", ".json")))
        assert image.shape == first.shape
        np.testing.assert_allclose(image.affine, first.affine)
        assert image.get_data_dtype() == (np.uint8 if path.name.startswith("mask") else np.float32)
        assert path.name.startswith(sidecar["Quantity"])
    assert read_json(mapped[0] / "chi_referenced.json")["Units"] == "ppm"
    assert read_json(mapped[0] / "t2star.json")["Units"] == "s"


def test_the_summary_tells_methods_acquisition_losses_and_costs(mapped):
    summary = read_json(mapped[0] / "summary.json")
    assert summary["preset"] == "best"
    assert summary["steps"]["inversion"] == {"method": "tkd", "options": {}}
    assert summary["acquisition"]["echo_times"] == [0.0094, 0.02]
    assert summary["acquisition"]["n_coils"] == 3
    assert summary["reference"]["region"] == "given"
    assert summary["warnings"] == []
    assert {"combine_coils", "invert", "deliver"} <= {node["node"] for node in summary["runtime"]}
    assert (mapped[0] / "report.html").read_text().count("<img") > 5
    assert 'href="graph.html"' in (mapped[0] / "report.html").read_text()


def test_every_node_says_one_line_with_its_time_and_memory(mapped):
    out, said = mapped
    lines = [line for line in said if line.startswith("[")]
    assert len(lines) == len(read_json(out / "summary.json")["runtime"])
    total = len(lines)
    for number, line in enumerate(lines, start=1):
        assert re.match(rf"\[ ?{number}/{total}\] \w+(?: \(\w+\))? +\d+\.\d s", line), line
    assert re.search(r"\d\.\d\d GB", next(line for line in lines if " invert " in line))


@pytest.fixture
def no_report(monkeypatch):
    """Leave out the drawing, which takes longer than the rest."""
    monkeypatch.setattr("nipype_qsm.reports.subject.subject_report", lambda folder: folder / "report.html")


@pytest.mark.usefixtures("no_report")
def test_quiet_says_where_the_result_is_and_nothing_else(small_subject, tmp_path, capsys):
    assert main(command(small_subject, tmp_path / "out", "--quiet")) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out == f"{tmp_path / 'out'}: report.html, chi_referenced.nii.gz [ppm], t2star.nii.gz [s]\n"


def failing_once(monkeypatch, interface, error):
    """Let a method's kernel fail at its first call; return the list of its calls."""
    kernel, calls = interface._kernel, []

    class Kernel:
        __signature__ = inspect.signature(kernel)

        def __call__(self, *arguments, **options):
            calls.append(1)
            if error and len(calls) == 1:
                raise error
            return kernel(*arguments, **options)

    monkeypatch.setattr(interface, "_kernel", Kernel())
    return calls


@pytest.mark.usefixtures("no_report")
def test_a_step_that_fails_keeps_what_is_finished_and_the_same_command_resumes(
    small_subject, tmp_path, capsys, monkeypatch
):
    combined = failing_once(monkeypatch, MCPC3DS, None)
    inverted = failing_once(monkeypatch, TKD, MemoryError("no room for a volume"))
    once = command(small_subject, tmp_path / "out")
    assert main(once) == 1
    said = capsys.readouterr().err
    assert re.search(r"invert .*FAILED\nnipype-qsm: A step failed: MemoryError: no room for a volume\n", said)
    assert str(tmp_path / "out" / "work" / "crashes") in said
    assert list((tmp_path / "out" / "work" / "crashes").glob("*.txt"))

    assert main(once) == 0
    assert (len(combined), len(inverted)) == (1, 2)
    assert not (tmp_path / "out" / "work").exists()
    assert (tmp_path / "out" / "chi_referenced.nii.gz").is_file()


@pytest.mark.usefixtures("no_report")
def test_an_interrupted_run_says_how_to_go_on(small_subject, tmp_path, capsys, monkeypatch):
    combined = failing_once(monkeypatch, MCPC3DS, None)
    failing_once(monkeypatch, TKD, KeyboardInterrupt())
    once = command(small_subject, tmp_path / "out", "--work-dir", str(tmp_path / "work"))
    assert main(once) == 130
    said = capsys.readouterr().err
    assert f"What is finished is kept in {tmp_path / 'work'}; run the same command again" in said
    assert said.endswith("nipype-qsm: interrupted.\n")

    assert main(once) == 0
    assert len(combined) == 1
    assert (tmp_path / "work").is_dir()


PHILIPS = "2001_WIP_fcMRI_Field_Mapping_cl_e"


@pytest.fixture(scope="module")
def philips(tmp_path_factory, shared_data):
    """The two-echo Philips head, mapped without a mask."""

    data = shared_data("gre_2echo_brain_philips3t")
    out = tmp_path_factory.mktemp("philips") / "out"
    phase = [str(data / f"{PHILIPS}{echo}_ph.nii.gz") for echo in (1, 2)]
    magnitude = [str(data / f"{PHILIPS}{echo}.nii.gz") for echo in (1, 2)]
    assert main(["files", str(out), "--phase", *phase, "--magnitude", *magnitude, "--n-procs", "1", "--quiet"]) == 0
    return out, phase


def test_a_real_head_without_a_mask_gives_the_field_of_its_echo_difference(philips):
    out, phase = philips
    field, _ = load_volume(out / "field_total.nii.gz", "field_total")
    brain, _ = load_volume(out / "mask_brain.nii.gz", "mask_brain")
    assert 1300 < brain.sum() * 0.027 < 1600  # 1452 ml, no mask was given
    hertz = field * 127.748512
    # Echoes 2.3 ms apart do not wrap below 217 Hz: their difference is the field, seen independently, with more noise.
    first, second = (read_array(path) for path in phase)
    turned = np.exp(1j * (second - first))
    centre = np.angle(turned[brain].mean())
    expected = np.angle(turned * np.exp(-1j * centre)) / (2 * np.pi * 0.0023)
    slope, _ = np.polyfit(expected[brain], hertz[brain], 1)
    assert 0.93 < slope < 1.03  # 0.962
    assert np.corrcoef(expected[brain], hertz[brain])[0, 1] > 0.94  # 0.954
    low, high = np.percentile(hertz[brain] - np.median(hertz[brain]), [1, 99])
    assert -48 < low < -34  # -39; -43.5 in the difference
    assert 70 < high < 88  # 79; 74.4 in the difference


def test_no_block_of_a_turn_is_left_in_the_second_echo_of_a_real_head(philips):
    out, _ = philips
    brain, _ = load_volume(out / "mask_brain.nii.gz", "mask_brain")
    first, second = (load_volume(out / f"phase_unwrapped_echo-{n}.nii.gz", "phase_unwrapped")[0] for n in (1, 2))
    left = second - 2 * first  # TE2 = 2 TE1, and the offset is gone
    left -= np.median(left[brain])
    assert np.abs(left[brain]).max() < np.pi
    assert np.sqrt(np.mean(left[brain] ** 2)) < 0.15  # 0.075 rad
    smooth = ndimage.binary_erosion(brain)
    for axis in range(3):
        step = np.abs(np.diff(first, axis=axis, append=0))
        assert step[smooth].max() < np.pi


def test_the_automatic_ventricles_of_a_real_head_are_named_in_the_summary(philips):
    summary = json.loads((philips[0] / "summary.json").read_text())
    assert "automatic" in summary["reference"]["region"]
    assert summary["reference"]["n_voxels"] > 40  # 79


def test_images_may_be_links_whose_targets_have_other_names(tiny):
    """As git-annex keeps them: the name and the side-car are the link's."""
    store = tiny.folder / "annex"
    store.mkdir()
    given = [Path(path) for path in (*tiny.phase, *tiny.magnitude, tiny.mask)]
    for number, path in enumerate(given):
        path.rename(store / f"key-{number}.nii.gz")
        path.symlink_to(store / f"key-{number}.nii.gz")
    inputs, _ = checked_inputs(parser().parse_args(tiny.arguments()))
    assert inputs["phase"] == tiny.phase
    assert inputs["mask_fraction"] == tiny.mask
    read = ["step", "reading", "series", "--phase", *tiny.phase, "--magnitude", *tiny.magnitude, "--out", str(tiny.out)]
    assert main(read) == 0
    assert read_json(tiny.out / "series.json")["echo_times"] == [0.01, 0.02]
