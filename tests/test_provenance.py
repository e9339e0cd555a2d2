"""What this package made, and what it did not."""

import pytest

from nipype_qsm.io import write_json
from nipype_qsm.provenance import GENERATED_BY, is_ours, made_here


def test_what_we_write_is_ours(tmp_path):
    write_json({"GeneratedBy": GENERATED_BY}, tmp_path / "chi.json")
    assert is_ours(tmp_path / "chi.nii.gz")
    assert not is_ours(tmp_path / "other.nii.gz")


@pytest.mark.parametrize("makers", [None, "nipype_qsm", ["nipype_qsm"], [{"Name": "fmriprep"}], {"Name": "nipype_qsm"}])
def test_what_others_write_is_not(makers):
    assert not made_here({"GeneratedBy": makers})
