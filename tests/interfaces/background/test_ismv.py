"""iSMV as a node: what the kernel returns is saved, the numbers pass through."""

import nibabel as nib
import numpy as np
from nipype import Node

from nipype_qsm.interfaces.background import ISMV
from nipype_qsm.io import load_volume
from nipype_qsm.kernels.background.ismv import ismv


def test_the_node_saves_what_the_kernel_returns(write_nifti, oblique_affine, tmp_path, rng):
    affine = oblique_affine((1.0, 1.0, 2.0))
    mask = np.zeros((16, 16, 10), bool)
    mask[2:14, 2:14, 1:9] = True
    field = rng.normal(size=mask.shape).astype(np.float32)
    node = Node(ISMV(radius_mm=4.0), "ismv", base_dir=str(tmp_path))
    node.inputs.field_total = write_nifti("field_total.nii", field, affine)
    node.inputs.mask = write_nifti("mask.nii", mask, affine)
    outputs = node.run().outputs
    loaded, frame = load_volume(outputs.field_local, "field_local", "field_local")
    expected = ismv(field, mask, frame.grid(), radius_mm=4.0)
    np.testing.assert_array_equal(loaded, expected.field_local)
    np.testing.assert_array_equal(nib.load(outputs.mask_local).get_fdata() > 0, expected.mask_local)
    np.testing.assert_allclose(nib.load(outputs.field_local).affine, affine, atol=1e-5)
    assert outputs.n_removed == expected.n_removed
    assert outputs.iterations == expected.iterations and outputs.converged
