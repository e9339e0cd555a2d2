"""Closed-form Tikhonov inversion as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.inversion.base import (
    DipoleInversion,
    DipoleInversionInputSpec,
    DipoleInversionOutputSpec,
    selection,
)
from nipype_qsm.kernels.inversion.tikhonov import tikhonov


class TikhonovInputSpec(DipoleInversionInputSpec):
    """Options of the closed-form Tikhonov inversion."""

    regularisation = traits.Range(
        low=0.0, value=0.04, exclude_low=True, usedefault=True, desc="weight of the penalty; larger is smoother"
    )
    selection = selection("weight by the field's error")
    penalty = traits.Enum("identity", "gradient", usedefault=True, desc="what is kept small: the map or its gradient")
    pad = traits.Range(low=0, value=64, usedefault=True, desc="zeros on every side [voxels]")


class TikhonovOutputSpec(DipoleInversionOutputSpec):
    """What the closed-form Tikhonov inversion says about itself."""

    weight = traits.Float(desc="weight of the penalty that was used")


class Tikhonov(DipoleInversion):
    """Invert by least squares with a quadratic penalty, in closed form."""

    input_spec, output_spec = TikhonovInputSpec, TikhonovOutputSpec
    _kernel = staticmethod(tikhonov)
