"""The brain as zero, as a node."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.interfaces.reference import REFERENCES


def test_the_node_says_value_method_and_voxels(write_nifti, tmp_path):
    chi = np.full((4, 4, 4), 2.0, np.float32)
    chi[:2] = np.float32([0, 0, 0, 2])
    region = np.zeros(chi.shape, bool)
    region[:2] = True
    node = REFERENCES.make("brain", chi=write_nifti("chi.nii", chi))
    node.inputs.mask_tissue = write_nifti("tissue.nii", np.ones(chi.shape, bool))
    node.inputs.mask_reference = write_nifti("region.nii", region)
    outputs = node.run(cwd=str(tmp_path)).outputs
    assert outputs.reference_value == pytest.approx(1.25)
    assert (outputs.reference_method, outputs.n_voxels) == ("brain", 64)
    np.testing.assert_allclose(nib.load(outputs.chi_referenced).get_fdata(), chi - 1.25)
