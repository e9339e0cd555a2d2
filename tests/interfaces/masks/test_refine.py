"""Mask refinement as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.masks import MASKS


def test_the_node_saves_the_mask_and_says_what_changed(write_nifti, tmp_path):
    affine = np.diag([0.8, 0.8, 3.0, 1.0])
    mask = np.zeros((30, 30, 5), bool)
    mask[2:28, 2:28] = True
    maps = np.ones((30, 30, 5, 2), np.float32)
    maps[2:5, ..., 1] = 0.4
    node = MASKS.make("refine", mask=write_nifti("mask.nii", mask, affine))
    node.inputs.reliability = [write_nifti(f"r{n}.nii", maps[..., n], affine) for n in range(2)]
    outputs = node.run(cwd=str(tmp_path)).outputs
    expected = mask.copy()
    expected[:5] = False
    np.testing.assert_array_equal(nib.load(outputs.mask).get_fdata() > 0, expected)
    assert outputs.n_removed == outputs.changes["unreliable in echo 2"] == 3 * 26 * 5
    assert outputs.changes["voxels out"] == expected.sum()
