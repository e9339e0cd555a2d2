import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.errors import GeometryError
from nipype_qsm.interfaces.register import Alignment

SHAPE = (24, 26, 20)


@pytest.fixture
def files(write_nifti, rng):
    texture = 5 + ndimage.gaussian_filter(rng.normal(size=SHAPE), 1.5) * 6
    affine = np.diag([2.0, 2, 2, 1])
    return {
        "fixed": write_nifti("fixed.nii", texture.astype(np.float32), affine),
        "moved": write_nifti("moved.nii", np.roll(1 / texture, 1, axis=1).astype(np.float32), affine),
        "mask": write_nifti("mask.nii", np.ones(SHAPE, bool), affine),
    }


def test_it_says_how_far_off_an_image_lies_in_millimetres(files, tmp_path):
    outputs = Alignment(**files).run(cwd=str(tmp_path)).outputs
    assert outputs.offset_mm == pytest.approx(2, abs=0.3)  # measured 2.01
    assert 1 < outputs.similarity < 2
    assert np.isnan(outputs.overlap)


def test_images_on_two_grids_are_refused(files, write_nifti, tmp_path):
    files["moved"] = write_nifti("other.nii", np.ones((5, 6, 7), np.float32))
    with pytest.raises(GeometryError, match="moved"):
        Alignment(**files).run(cwd=str(tmp_path))
