"""A background removal as a node, beside its kernel."""

import nibabel as nib
import numpy as np
import pytest
from nipype import Node

from nipype_qsm.io import load_volume


@pytest.fixture
def runs_as_its_kernel(write_nifti, oblique_affine, tmp_path, rng):
    """Run a node and its kernel on a block of noise; what the kernel returns must be what the node saves."""

    def run(interface, kernel, **options):
        affine = oblique_affine((1.0, 1.0, 2.0))
        mask = np.zeros((16, 16, 10), bool)
        mask[2:14, 2:14, 1:9] = True
        field = rng.normal(size=mask.shape).astype(np.float32)
        node = Node(interface(**options), "remove", base_dir=str(tmp_path))
        node.inputs.field_total = write_nifti("field_total.nii", field, affine)
        node.inputs.mask = write_nifti("mask.nii", mask, affine)
        outputs = node.run().outputs
        local, frame = load_volume(outputs.field_local, "field_local")
        expected = kernel(field, mask, frame.grid(), **options)
        np.testing.assert_array_equal(local, expected.field_local)
        np.testing.assert_allclose(frame.affine, affine, atol=1e-5)
        np.testing.assert_array_equal(nib.load(outputs.mask_local).get_fdata() > 0, expected.mask_local)
        for number in set(expected._fields) - {"field_local", "mask_local"}:
            assert getattr(outputs, number) == pytest.approx(getattr(expected, number)), number

    return run
