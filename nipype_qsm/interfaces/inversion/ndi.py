"""Nonlinear dipole inversion as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits, volume
from nipype_qsm.interfaces.inversion.base import (
    DipoleInversion,
    DipoleInversionInputSpec,
    IterativeInversionOutputSpec,
)
from nipype_qsm.kernels.inversion.ndi import ndi


class NDIInputSpec(DipoleInversionInputSpec):
    """Options of NDI."""

    algorithm = algorithm("2")
    magnitude_combined = volume("magnitude_combined")
    radians_per_ppm = traits.Range(
        low=0.0, desc="phase of 1 ppm: 2 pi gamma B0 TE; 0 fits the field itself; as large as it allows if left out"
    )
    regularisation = traits.Range(low=0.0, value=1e-5, usedefault=True, desc="weight of a quadratic penalty")
    tolerance = traits.Range(
        low=0.0,
        high=1.0,
        exclude_low=True,
        exclude_high=True,
        desc="relative change that ends it; follows the noise if left out",
    )
    max_iterations = traits.Range(low=1, value=100, usedefault=True, desc="limit of the iteration")
    pad = traits.Range(low=0, value=16, usedefault=True, desc="room on every side [voxels]")


class NDI(DipoleInversion):
    """Fit the susceptibility to the phase on the circle, and stop early."""

    input_spec, output_spec = NDIInputSpec, IterativeInversionOutputSpec
    _kernel = staticmethod(ndi)
