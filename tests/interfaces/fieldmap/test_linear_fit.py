"""The linear fit as a node."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import GeometryError
from nipype_qsm.interfaces.fieldmap import LinearFit
from nipype_qsm.kernels.fieldmap.linear_fit import linear_fit

TIMES = [0.005, 0.010, 0.015]


def test_the_node_saves_field_noise_and_offset(inputs, tmp_path):
    ports, phase, magnitude = inputs
    outputs = LinearFit(**ports, intercept=True, noise_level=2.0).run(cwd=str(tmp_path)).outputs
    mask = np.ones(phase.shape[:3], bool)
    options = {"echo_times": TIMES, "field_strength": 3.0, "intercept": True, "noise_level": 2.0}
    expected = linear_fit(phase, magnitude, mask, **options)
    for name in ("field_total", "field_noise", "phase_offset"):
        np.testing.assert_array_equal(nib.load(getattr(outputs, name)).get_fdata(), getattr(expected, name))
    assert outputs.noise_level == 2.0


def test_a_mask_on_another_grid_is_refused_with_its_cure(inputs, write_nifti, tmp_path):
    ports, _, _ = inputs
    ports["mask"] = write_nifti("other.nii", np.ones((5, 4, 4), bool))
    with pytest.raises(GeometryError, match="Resample mask onto that grid"):
        LinearFit(**ports).run(cwd=str(tmp_path))
