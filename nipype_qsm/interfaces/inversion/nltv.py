"""Nonlinear total variation as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.tv import PenaltyInputSpec, TVOutputSpec
from nipype_qsm.kernels.inversion.nltv import nltv


class NLTVInputSpec(PenaltyInputSpec):
    """What penalties share, and its own."""

    radians_per_ppm = traits.Range(
        low=0.0, exclude_low=True, desc="phase of 1 ppm: 2 pi gamma B0 TE; as large as the field allows if left out"
    )


class NLTV(DipoleInversion):
    """Invert the phase on the circle with the least total variation."""

    input_spec, output_spec = NLTVInputSpec, TVOutputSpec
    _kernel = staticmethod(nltv)
