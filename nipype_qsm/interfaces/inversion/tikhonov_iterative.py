"""Iterative Tikhonov inversion as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits, volume
from nipype_qsm.interfaces.inversion.base import (
    DipoleInversion,
    DipoleInversionInputSpec,
    IterativeInversionOutputSpec,
    selection,
)
from nipype_qsm.kernels.inversion.tikhonov_iterative import tikhonov_iterative


class TikhonovIterativeInputSpec(DipoleInversionInputSpec):
    """Options of the iterative Tikhonov inversion."""

    algorithm = algorithm("2")
    magnitude_combined = volume("magnitude_combined")
    regularisation = traits.Range(
        low=0.0, value=0.135, exclude_low=True, usedefault=True, desc="weight per share of noise; larger is smoother"
    )
    selection = selection("weight by the field's noise")
    tolerance = traits.Range(
        low=0.0,
        high=1.0,
        value=0.01,
        exclude_low=True,
        exclude_high=True,
        usedefault=True,
        desc="relative residual that ends it",
    )
    max_iterations = traits.Range(low=1, value=60, usedefault=True, desc="limit of the iteration")
    pad = traits.Range(low=0, value=16, usedefault=True, desc="room on every side [voxels]")


class TikhonovIterativeOutputSpec(IterativeInversionOutputSpec):
    """What the iterative Tikhonov inversion says about itself."""

    weight = traits.Float(desc="weight of the penalty that was used")


class TikhonovIterative(DipoleInversion):
    """Invert by least squares weighted with the signal, with a quadratic penalty."""

    input_spec, output_spec = TikhonovIterativeInputSpec, TikhonovIterativeOutputSpec
    _kernel = staticmethod(tikhonov_iterative)
