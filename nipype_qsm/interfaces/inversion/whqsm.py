"""Weak-harmonic QSM as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.tv import PenaltyInputSpec, TVOutputSpec
from nipype_qsm.kernels.inversion.whqsm import whqsm


class WHQSMInputSpec(PenaltyInputSpec):
    """What penalties share, and its own."""

    algorithm = algorithm("2")
    radians_per_ppm = traits.Range(
        low=0.0, exclude_low=True, desc="phase of 1 ppm: 2 pi gamma B0 TE; as large as the field allows if left out"
    )
    harmonic_weight = traits.Range(
        low=0.0,
        value=1e5,
        usedefault=True,
        desc="weight of the Laplacian of a harmonic field that is fitted along [mm4]",
    )


class WHQSM(DipoleInversion):
    """Invert with the least total variation, and find what is left of the background along with the map."""

    input_spec, output_spec = WHQSMInputSpec, TVOutputSpec
    _kernel = staticmethod(whqsm)
