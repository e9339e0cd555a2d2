"""What is known of a brain is compared before anything is computed."""

import numpy as np
import pytest

from nipype_qsm.brain import checked_brain
from nipype_qsm.errors import GeometryError, ImageError
from nipype_qsm.geometry import Frame
from nipype_qsm.transforms import save_matrix

T1, ECHO = (6, 7, 8), Frame((5, 6, 4), np.diag([1.0, 1, 2, 1]), "echo.nii")


@pytest.fixture
def files(write_nifti, tmp_path):
    """Everything that can be known, as it should be."""
    ones = np.ones(T1, np.float32)
    return {
        "t1w": write_nifti("t1w.nii", 100 * ones),
        "labels": write_nifti("labels.nii", 10 * ones),
        "mask_lesions": write_nifti("lesions.nii", 0 * ones),
        "mask_fraction": write_nifti("fraction.nii", np.ones(ECHO.shape, np.float32), ECHO.affine),
        "swi_to_t1": str(save_matrix(np.eye(4), tmp_path / "swi_to_t1.mat")),
        "t1_to_mni": write_nifti("warp.nii", np.zeros((*T1, 3), np.float32)),
        "nigra_left": write_nifti("left.nii", ones),
        "nigra_right": write_nifti("right.nii", ones),
    }


def test_what_is_there_is_said_and_a_brain_may_have_no_lesion(files):
    assert checked_brain(files, ECHO)[:2] == ["t1w: t1w.nii", "labels: labels.nii"]
    assert checked_brain({}, ECHO) == []


@pytest.mark.parametrize(
    ("port", "shape", "message"),
    [
        ("labels", (6, 7, 9), "Resample labels"),
        ("mask_fraction", (5, 6, 5), "Resample mask_fraction"),
        ("nigra_right", (6, 7, 9), "Resample nigra_right"),
        ("t1_to_mni", (*T1, 2), "three numbers a voxel"),
    ],
)
def test_what_lies_on_another_grid_is_refused(files, write_nifti, port, shape, message):
    files[port] = write_nifti("other.nii", np.ones(shape, np.float32))
    with pytest.raises(GeometryError, match=message):
        checked_brain(files, ECHO)


def test_a_matrix_that_stretches_the_head_is_refused(files, tmp_path):
    files["swi_to_t1"] = save_matrix(np.diag([1.05, 1, 1, 1]), tmp_path / "affine.mat")
    with pytest.raises(GeometryError, match=r"factor of 1\.05.*rigid"):
        checked_brain(files, ECHO)


def test_one_nigra_alone_is_refused(files):
    del files["nigra_left"]
    with pytest.raises(ImageError, match="Only one nigra"):
        checked_brain(files, ECHO)
