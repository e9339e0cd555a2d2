"""R2*-QSM as a node."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.separation import SEPARATIONS
from nipype_qsm.kernels.separation.r2star_qsm import r2star_qsm


def test_the_node_saves_what_the_kernel_returns(write_nifti, tmp_path, rng):
    chi = rng.normal(0, 0.05, (5, 4, 3)).astype(np.float32)
    r2star = rng.uniform(5, 60, chi.shape).astype(np.float32)
    mask = rng.random(chi.shape) < 0.8
    node = SEPARATIONS.make("r2star_qsm", field_strength=7.0, relaxivity_3t=200.0)
    node.inputs.chi_referenced = write_nifti("chi.nii", chi)
    node.inputs.r2star = write_nifti("r2star.nii", r2star)
    node.inputs.mask = write_nifti("mask.nii", mask)
    outputs = node.run(cwd=str(tmp_path)).outputs
    expected = r2star_qsm(chi, r2star, mask, field_strength=7.0, relaxivity_3t=200.0)
    for name in ("chi_paramagnetic", "chi_diamagnetic"):
        np.testing.assert_array_equal(nib.load(getattr(outputs, name)).get_fdata(), getattr(expected, name))
    assert outputs.n_inconsistent == expected.n_inconsistent


def test_without_r2star_it_says_what_to_do(write_nifti, tmp_path):
    volume = write_nifti("chi.nii", np.ones((4, 4, 4), np.float32))
    node = SEPARATIONS.make("r2star_qsm", field_strength=3.0, chi_referenced=volume, mask=volume)
    with pytest.raises(MetadataError, match=r"needs r2star.*relaxation step"):
        node.run(cwd=str(tmp_path))
