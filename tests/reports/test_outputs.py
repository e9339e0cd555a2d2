import numpy as np
import pytest

from nipype_qsm.errors import ImageError
from nipype_qsm.reports.outputs import Outputs


def test_volumes_are_found_by_quantity_and_echo(tmp_path, write_nifti):
    for name in ("phase_echo-2.nii.gz", "phase_echo-10.nii.gz", "chi.nii", "stranger.nii.gz", "phase_echo-x.nii.gz"):
        write_nifti(name, np.zeros((2, 2, 2), np.float32))
    outputs = Outputs.in_folder(tmp_path)
    assert set(outputs.files) == {("phase", 2), ("phase", 10), ("chi", 0)}
    assert outputs.echoes("phase") == [2, 10]
    assert outputs.echoes("t2star") == []


def test_a_damaged_file_becomes_a_problem_and_leaves_the_list(tmp_path, write_nifti):
    write_nifti("chi.nii.gz", np.zeros((2, 2, 2), np.float32))
    whole = (tmp_path / "chi.nii.gz").read_bytes()
    (tmp_path / "chi.nii.gz").write_bytes(whole[: len(whole) // 2])
    outputs = Outputs.in_folder(tmp_path)
    assert outputs.load("chi") is None
    assert "chi.nii.gz" in outputs.problems[-1]
    assert outputs.echoes("chi") == []


def test_a_volume_on_another_grid_is_not_drawn_over_the_first(tmp_path, write_nifti):
    write_nifti("chi.nii.gz", np.zeros((3, 3, 3), np.float32))
    write_nifti("t2star.nii.gz", np.zeros((3, 3, 4), np.float32))
    outputs = Outputs.in_folder(tmp_path)
    assert outputs.load("chi") is not None
    assert outputs.load("t2star") is None
    assert "Resample t2star" in outputs.problems[-1]


def test_an_unreadable_summary_is_a_problem_not_a_failure(tmp_path):
    (tmp_path / "summary.json").write_text("{ not json")
    outputs = Outputs.in_folder(tmp_path)
    assert outputs.summary == {}
    assert "summary.json" in outputs.problems[-1]


def test_a_folder_without_outputs_is_refused(tmp_path):
    with pytest.raises(ImageError, match="neither volumes"):
        Outputs.in_folder(tmp_path)
    with pytest.raises(ImageError, match="is not a folder"):
        Outputs.in_folder(tmp_path / "missing")
