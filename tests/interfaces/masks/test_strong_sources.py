"""The mask without strong sources, as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.masks import MASKS


def test_the_node_takes_a_bleed_out(write_nifti, tmp_path):
    chi = np.full((9, 9, 9), 0.01, np.float32)
    chi[4, 4, 4] = 1.0
    mask = np.ones(chi.shape, bool)
    node = MASKS.make(
        "strong_sources", chi=write_nifti("chi.nii", chi), mask=write_nifti("mask.nii", mask), grow_mm=1.0
    )
    outputs = node.run(cwd=str(tmp_path)).outputs
    kept = nib.load(outputs.mask_without_sources).get_fdata() > 0
    assert outputs.n_removed == np.count_nonzero(~kept) == 7
    assert not kept[4, 4, 4]
