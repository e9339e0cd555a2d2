"""Weak-harmonic QSM as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.tv import TVInputSpec, TVOutputSpec
from nipype_qsm.kernels.inversion.whqsm import whqsm


class WHQSMInputSpec(TVInputSpec):
    """Options of TV, and its own."""

    radians_per_ppm = traits.Range(
        low=0.0, exclude_low=True, desc="phase of 1 ppm: 2 pi gamma B0 TE; as large as the field allows if left out"
    )


class WHQSM(DipoleInversion):
    """Invert with the least total variation, and find what is left of the background along with the map."""

    input_spec, output_spec = WHQSMInputSpec, TVOutputSpec
    _kernel = staticmethod(whqsm)
