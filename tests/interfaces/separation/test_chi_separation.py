"""Chi-separation as a node."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.separation import SEPARATIONS


def test_the_node_saves_both_sources_and_counts_what_does_not_fit(write_nifti, tmp_path):
    iron, myelin = np.full((4, 4, 4), 0.1, np.float32), np.full((4, 4, 4), -0.06, np.float32)
    r2prime = 137 * (iron - myelin)
    r2prime[0] = 1
    node = SEPARATIONS.make("chi_separation", field_strength=3.0)
    node.inputs.chi_referenced = write_nifti("chi.nii", iron + myelin)
    node.inputs.r2prime = write_nifti("r2prime.nii", r2prime)
    node.inputs.mask = write_nifti("mask.nii", np.ones(iron.shape, bool))
    outputs = node.run(cwd=str(tmp_path)).outputs
    np.testing.assert_allclose(nib.load(outputs.chi_paramagnetic).get_fdata()[1:], 0.1, atol=1e-6)
    np.testing.assert_allclose(nib.load(outputs.chi_diamagnetic).get_fdata()[1:], -0.06, atol=1e-6)
    assert outputs.n_inconsistent == 16


def test_without_r2prime_it_says_what_to_do(write_nifti, tmp_path):
    volume = write_nifti("chi.nii", np.ones((4, 4, 4), np.float32))
    node = SEPARATIONS.make("chi_separation", field_strength=3.0, chi_referenced=volume, mask=volume, r2star=volume)
    with pytest.raises(MetadataError, match=r"needs r2prime.*spin-echo.*'r2star_qsm'"):
        node.run(cwd=str(tmp_path))
