"""`nipype-qsm cohort voxelwise`."""

import nibabel as nib
import numpy as np
import pytest
from voxel_cohort import VoxelCohort

from nipype_qsm.cli.main import main
from nipype_qsm.map_store import MapStore


@pytest.fixture
def cohort(tmp_path, rng):
    return VoxelCohort(tmp_path, rng)


def test_maps_and_what_stands_out(cohort, tmp_path, capsys):
    tables, out = cohort.tables() | cohort.genetics(), tmp_path / "out"
    command = ["cohort", "voxelwise", tables.pop("store"), "--out", str(out), "--quiet", "--n-figures", "0"]
    for name, path in tables.items():
        command += [f"--{name}", path]
    assert main([*command, "--factor", "8", "--min-subjects", "50", "--voxels-per-node", "256"]) == 0
    told = capsys.readouterr().out
    assert f", {cohort.planted.sum()} at Bonferroni's threshold, of {cohort.mask.sum()}" in told
    assert "nothing-2.0: 0 voxels at the false-discovery rate" in told
    assert told.rstrip().endswith("voxelwise.html")
    r = MapStore.open(cohort.path).vector(nib.load(out / "planted_r.nii.gz").get_fdata())
    assert r[cohort.planted_columns].min() > 0.4
    assert np.abs(r[~cohort.planted_columns]).max() < 0.4
    assert not (out / "work").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--phenotypes", "absent.tsv"], "--phenotypes: absent.tsv does not exist"),
        (["--dof", "adjusted"], "There is nothing to map"),
        (["--min-subjects", "1"], "--min-subjects cannot be 1"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(cohort, tmp_path, capsys, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    assert main(["cohort", "voxelwise", str(cohort.path), "--out", "out", "--quiet", *options]) != 0
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_store_is_refused(tmp_path, capsys):
    assert main(["cohort", "voxelwise", str(tmp_path), "--out", str(tmp_path / "out")]) != 0
    assert "is no store of maps" in capsys.readouterr().err
