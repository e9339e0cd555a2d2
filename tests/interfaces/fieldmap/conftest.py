"""Three echoes on disk."""

import numpy as np
import pytest


@pytest.fixture
def inputs(write_nifti, rng):
    """Ports of a field mapping, and their phase and magnitude."""
    phase = rng.normal(size=(5, 4, 3, 3)).astype(np.float32)
    magnitude = rng.uniform(50, 100, phase.shape).astype(np.float32)
    ports = {
        "phase_unwrapped": [write_nifti(f"phase-{n}.nii", phase[..., n]) for n in range(3)],
        "magnitude": [write_nifti(f"magnitude-{n}.nii", magnitude[..., n]) for n in range(3)],
        "mask": write_nifti("mask.nii", np.ones(phase.shape[:3], bool)),
        "echo_times": [0.005, 0.010, 0.015],
        "field_strength": 3.0,
    }
    return ports, phase, magnitude
