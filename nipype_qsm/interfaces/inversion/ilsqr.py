"""iLSQR as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import VoxelMemory, algorithm, traits
from nipype_qsm.interfaces.inversion.base import (
    DipoleInversion,
    DipoleInversionInputSpec,
    IterativeInversionOutputSpec,
)
from nipype_qsm.kernels.inversion.ilsqr import ilsqr


class ILSQRInputSpec(DipoleInversionInputSpec):
    """Options of iLSQR."""

    algorithm = algorithm("3")
    tolerance = traits.Range(
        low=0.0, high=1.0, value=0.01, exclude_low=True, usedefault=True, desc="relative residual that ends step 1"
    )
    streak_tolerance = traits.Range(
        low=0.0, high=1.0, value=0.1, exclude_low=True, usedefault=True, desc="relative residual that ends step 3"
    )
    max_iterations = traits.Range(low=1, value=100, usedefault=True, desc="limit of each iteration")
    cone_threshold = traits.Range(
        low=0.0, high=0.33, value=0.1, exclude_low=True, usedefault=True, desc="streaks live where |D| is below this"
    )
    signed_weights = traits.Bool(
        False, usedefault=True, desc="weigh down rising edges alone, to the letter of the formula"
    )
    pad = traits.Range(low=0, value=64, usedefault=True, desc="zeros on every side [voxels]")


class ILSQR(DipoleInversion):
    """Invert by weighted least squares, then remove the streaks of the ill-posed cone."""

    input_spec, output_spec = ILSQRInputSpec, IterativeInversionOutputSpec
    memory = VoxelMemory(field_local=173)
    _kernel = staticmethod(ilsqr)
