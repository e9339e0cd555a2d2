"""The brain of a space, where nobody gives one."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.brain_masks import default_mask
from nipype_qsm.errors import GeometryError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import read_frame


def test_the_packages_own_mask_is_the_brain_of_its_space_on_its_grid():
    assert default_mask("MNI152NLin2009cAsym", read_frame(ICBM2009C.mask_brain)) == ICBM2009C.mask_brain
    with pytest.raises(GeometryError, match=r"No brain mask of MNI152NLin2009cAsym on the grid \(9, 9, 9\).*--mask"):
        default_mask("MNI152NLin2009cAsym", Frame((9, 9, 9), np.eye(4), "a.nii"))


def test_fsls_mask_is_taken_from_an_fsl_at_hand_on_the_grid_that_fits(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "standard"
    folder.mkdir(parents=True)
    for mm, n in ((1, 18), (2, 9)):
        image = nib.Nifti1Image(np.ones((n, n, n), np.uint8), np.diag([mm, mm, mm, 1.0]))
        nib.save(image, folder / f"MNI152_T1_{mm}mm_brain_mask.nii.gz")
    monkeypatch.setenv("FSLDIR", str(tmp_path))
    frame = Frame((9, 9, 9), np.diag([2.0, 2, 2, 1]), "a.nii")
    assert default_mask("MNI152NLin6Asym", frame).name == "MNI152_T1_2mm_brain_mask.nii.gz"
    monkeypatch.delenv("FSLDIR")
    with pytest.raises(GeometryError, match="or set FSLDIR"):
        default_mask("MNI152NLin6Asym", frame)
