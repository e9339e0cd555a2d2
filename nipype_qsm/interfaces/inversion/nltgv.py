"""Nonlinear total generalised variation as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.nltv import NLTVInputSpec
from nipype_qsm.interfaces.inversion.tv import TVOutputSpec
from nipype_qsm.kernels.inversion.nltgv import nltgv


class NLTGVInputSpec(NLTVInputSpec):
    """Options of NLTV, and its own."""

    algorithm = algorithm("2")
    regularisation = traits.Range(
        low=0.0, value=0.25, exclude_low=True, usedefault=True, desc="smoothing per cube of the error's share"
    )
    second_order_mm = traits.Range(
        low=0.0,
        value=3.0,
        exclude_low=True,
        usedefault=True,
        desc="weight of the change of slopes relative to that of edges [mm]",
    )


class NLTGV(DipoleInversion):
    """Invert the phase on the circle with the least total generalised variation."""

    input_spec, output_spec = NLTGVInputSpec, TVOutputSpec
    _kernel = staticmethod(nltgv)
