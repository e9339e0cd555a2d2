"""Making a moved mask true or false, as a node."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import ImageError
from nipype_qsm.interfaces.masks import ThresholdMask


def test_the_node_keeps_fractions_from_the_threshold_on(write_nifti, tmp_path, rng):
    fraction = rng.random((6, 5, 4)).astype(np.float32)
    outputs = ThresholdMask(mask_fraction=write_nifti("m.nii", fraction)).run(cwd=str(tmp_path)).outputs
    image = nib.load(outputs.mask_brain)
    np.testing.assert_array_equal(image.get_fdata() > 0, fraction >= 0.6)
    assert image.get_data_dtype() == np.uint8
    assert outputs.n_voxels == (fraction >= 0.6).sum()


def test_a_mask_that_missed_the_grid_is_refused_with_its_cure(write_nifti, tmp_path):
    empty = write_nifti("m.nii", np.zeros((6, 5, 4), np.float32))
    with pytest.raises(ImageError, match="overlaps the head"):
        ThresholdMask(mask_fraction=empty).run(cwd=str(tmp_path))
