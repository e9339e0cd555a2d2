"""Total generalised variation as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.tv import TVInputSpec, TVOutputSpec
from nipype_qsm.kernels.inversion.tgv import tgv


class TGVInputSpec(TVInputSpec):
    """Options of TV, and its own."""

    second_order_mm = traits.Range(
        low=0.0,
        value=3.0,
        exclude_low=True,
        usedefault=True,
        desc="weight of the change of slopes relative to that of edges [mm]",
    )


class TGV(DipoleInversion):
    """Invert with the least second-order total generalised variation that the field's error calls for."""

    input_spec, output_spec = TGVInputSpec, TVOutputSpec
    _kernel = staticmethod(tgv)
