"""Rapid two-step inversion as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.inversion.base import (
    DipoleInversion,
    DipoleInversionInputSpec,
    IterativeInversionOutputSpec,
)
from nipype_qsm.kernels.inversion.rts import rts


class RTSInputSpec(DipoleInversionInputSpec):
    """Options of RTS."""

    threshold = traits.Range(
        low=0.0, high=0.33, value=0.15, exclude_low=True, usedefault=True, desc="ill-posed where |D| is below this"
    )
    first_iterations = traits.Range(low=1, value=6, usedefault=True, desc="iterations of step 1; more sharpens")
    shrinking = traits.Range(
        low=0.0, value=1.0, exclude_low=True, usedefault=True, desc="gradient set to zero, per rms gradient of step 1"
    )
    tolerance = traits.Range(
        low=0.0,
        high=1.0,
        value=0.01,
        exclude_low=True,
        exclude_high=True,
        usedefault=True,
        desc="relative change that ends step 2",
    )
    max_iterations = traits.Range(low=1, value=40, usedefault=True, desc="limit of the iteration")
    pad = traits.Range(low=0, value=16, usedefault=True, desc="room on every side [voxels]")


class RTS(DipoleInversion):
    """Invert what is well-posed, then fill the cone with the least total variation."""

    input_spec, output_spec = RTSInputSpec, IterativeInversionOutputSpec
    _kernel = staticmethod(rts)
