"""A mask of whatever has signal, as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.masks import MASKS


def test_the_node_parts_a_ball_from_air(write_nifti, tmp_path, rng):
    x, y, z = np.ogrid[-60:61:3, -60:61:3, -60:61:3]
    ball = x**2 + y**2 + z**2 < 40**2
    image = (100 * ball + np.hypot(*rng.normal(scale=2, size=(2, *ball.shape)))).astype(np.float32)
    node = MASKS.make("noise_mask", magnitude_combined=write_nifti("m.nii", image, np.diag([3.0, 3.0, 3.0, 1.0])))
    outputs = node.run(cwd=str(tmp_path)).outputs
    mask = nib.load(outputs.mask_brain).get_fdata() > 0
    assert np.count_nonzero(mask ^ ball) < 0.02 * ball.sum()
    assert outputs.n_voxels == mask.sum()
    assert 2 < outputs.noise_level < 3  # the mean of noise of 2 in both channels is 2.5
