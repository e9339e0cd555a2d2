"""MeanOfThree as a node: what the kernel returns is saved, the numbers pass through."""

import nibabel as nib
import numpy as np
from nipype import Node

from nipype_qsm.interfaces.background import MeanOfThree
from nipype_qsm.io import load_volume
from nipype_qsm.kernels.background.mean_of_three import mean_of_three


def test_the_node_saves_what_the_kernel_returns(write_nifti, oblique_affine, tmp_path, rng):
    affine = oblique_affine((1.0, 1.0, 2.0))
    mask = np.zeros((12, 12, 8), bool)
    mask[2:10, 2:10, 1:7] = True
    field = rng.normal(size=mask.shape).astype(np.float32)
    node = Node(MeanOfThree(), "mean_of_three", base_dir=str(tmp_path))
    node.inputs.field_total = write_nifti("field_total.nii", field, affine)
    node.inputs.mask = write_nifti("mask.nii", mask, affine)
    outputs = node.run().outputs
    loaded, frame = load_volume(outputs.field_local, "field_local", "field_local")
    expected = mean_of_three(field, mask, frame.grid())
    np.testing.assert_array_equal(loaded, expected.field_local)
    np.testing.assert_array_equal(nib.load(outputs.mask_local).get_fdata() > 0, expected.mask_local)
    assert outputs.n_removed == expected.n_removed
    assert outputs.iterations == expected.iterations and outputs.converged
