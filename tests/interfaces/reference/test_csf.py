"""The fluid as zero, as a node."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import GeometryError, MetadataError
from nipype_qsm.interfaces.reference import REFERENCES, CSFReference
from nipype_qsm.kernels.reference.csf import csf


@pytest.fixture
def ports(write_nifti, rng):
    chi = np.where(rng.random((12, 12, 6)) < 0.2, rng.gamma(2, 0.05, (12, 12, 6)), rng.normal(0, 0.01, (12, 12, 6)))
    mask = np.ones(chi.shape, bool)
    return {"chi": write_nifti("chi.nii", chi.astype(np.float32)), "mask_tissue": write_nifti("tissue.nii", mask)}


def test_the_node_says_value_method_and_voxels(ports, write_nifti, tmp_path):
    region = np.zeros((12, 12, 6), bool)
    region[2:10, 2:10, 1:5] = True
    outputs = CSFReference(**ports, mask_reference=write_nifti("r.nii", region)).run(cwd=str(tmp_path)).outputs
    chi = nib.load(ports["chi"])
    expected = csf(chi.get_fdata(dtype=np.float32), np.ones(region.shape, bool), region, None)
    np.testing.assert_array_equal(nib.load(outputs.chi_referenced).get_fdata(), expected.chi_referenced)
    assert outputs.reference_value == expected.reference_value
    assert (outputs.reference_method, outputs.n_voxels, outputs.converged) == ("csf", 256, True)


@pytest.mark.parametrize("method", ["csf", "median", "mean"])
def test_without_a_region_nothing_is_taken_for_it(ports, tmp_path, method):
    with pytest.raises(MetadataError, match="--reference-mask FILE"):
        REFERENCES.make(method, **ports).run(cwd=str(tmp_path))


def test_a_region_on_another_grid_is_refused(ports, write_nifti, tmp_path):
    shifted = np.eye(4)
    shifted[0, 3] = 2.0
    region = write_nifti("r.nii", np.ones((12, 12, 6), bool), shifted)
    with pytest.raises(GeometryError, match="Resample mask_reference onto that grid"):
        CSFReference(**ports, mask_reference=region).run(cwd=str(tmp_path))
