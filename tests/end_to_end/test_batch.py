"""Cohorts of digital subjects: the same bytes from a plain run, from processes and from a Slurm array."""

import os
import shutil
from pathlib import Path

import pytest

from nipype_qsm.cli.main import main
from nipype_qsm.io import read_json

pytestmark = pytest.mark.usefixtures("slurm")


@pytest.fixture(scope="module")
def visits(small_subject, tmp_path_factory):
    """Two visits of one subject, by links."""
    folder = tmp_path_factory.mktemp("visits")
    for name in ("1000001", "1000002"):
        shutil.copytree(small_subject / "ukb", folder / name, copy_function=os.link)
    return folder


def command(visits, *names, out):
    nigra = [str(visits / "1000001" / "truth" / f"nigra_{side}.nii.gz") for side in ("left", "right")]
    subjects = [str(visits / name) for name in names]
    return [
        *("ukb", *subjects, "--out", str(out), "--n-procs", "1", "--quiet"),
        *("--nigra", *nigra, "--template-space", "MNI152NLin2009cAsym"),
    ]


def images(folder):
    """Return the bytes of every image and table of phenotypes; reports tell times, which differ."""
    found = [path for path in folder.rglob("*") if path.name.endswith((".nii.gz", "idps.tsv")) or "bb_IDP" in path.name]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_slurm_array_of_visits_gives_the_bytes_of_a_plain_run_and_one_table(visits, slurm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = len(slurm.finished())
    call = command(visits, "1000001", "1000002", out="out")
    assert main(["batch", "runs", "--slurm", "--mem-gb", "1", "--quiet", "--", *call]) == 0
    assert [job["JobState"] for job in slurm.finished()[before:]] == ["COMPLETED"] * 2
    assert main(command(visits, "1000001", out="plain")) == 0
    plain = images(Path("plain/1000001"))
    assert len(plain) == 20
    assert images(Path("out/1000001")) == plain
    assert [line[:7] for line in Path("out/idps.tsv").read_text().splitlines()[1:]] == ["1000001", "1000002"]
    assert 0.1 < read_json("runs/states/1000001.json")["peak_gb"] < 1  # what the job asked for


def test_participants_of_a_bids_data_set_are_taken_one_by_one(small_subject, slurm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call = ["bids", str(small_subject / "bids"), "derivatives", "participant", "--maps-only", "--n-procs", "1"]
    assert main(["batch", "runs", "--quiet", "--", *call, "--preset", "ukb"]) == 0
    assert main([*call[:2], "plain", *call[3:], "--preset", "ukb", "--quiet"]) == 0
    assert images(Path("derivatives")) == images(Path("plain"))
