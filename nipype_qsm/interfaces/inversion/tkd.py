"""Thresholded k-space division as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion, DipoleInversionInputSpec
from nipype_qsm.kernels.inversion.tkd import tkd


class TKDInputSpec(DipoleInversionInputSpec):
    """Options of TKD."""

    threshold = traits.Range(
        low=0.0,
        high=0.66,
        value=0.15,
        exclude_low=True,
        usedefault=True,
        desc="smallest divisor; larger underestimates",
    )
    pad = traits.Range(low=0, value=64, usedefault=True, desc="zeros on every side [voxels]")


class TKD(DipoleInversion):
    """Divide the field by the dipole kernel, never by less than a threshold."""

    input_spec = TKDInputSpec
    _kernel = staticmethod(tkd)
