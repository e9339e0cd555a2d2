"""One-step TGV as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    algorithm,
    b0_direction,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.interfaces.inversion.base import selection
from nipype_qsm.interfaces.inversion.tv import TVOutputSpec
from nipype_qsm.kernels.inversion.tgv_one_step import tgv_one_step


class TGVOneStepInputSpec(KernelInputSpec):
    """Phase instead of a field, and the options of TGV."""

    algorithm = algorithm("2")
    phase = volume("phase", mandatory=True)
    mask = volume("mask", mandatory=True)
    magnitude = volume("magnitude")
    echo_times = traits.List(traits.Float, mandatory=True, desc="echo times [s]")
    field_strength = traits.Float(mandatory=True, desc="field strength [T]")
    b0_direction = b0_direction()
    erosions = traits.Range(low=1, value=2, usedefault=True, desc="layers taken off the mask")
    regularisation = traits.Range(
        low=0.0, value=0.4, exclude_low=True, usedefault=True, desc="smoothing per cube of the error's share"
    )
    selection = selection("smoothing by the field's error")
    second_order_mm = traits.Range(
        low=0.0,
        value=3.0,
        exclude_low=True,
        usedefault=True,
        desc="weight of the change of slopes relative to that of edges [mm]",
    )
    harmonic_weight = traits.Range(
        low=0.0,
        value=1e5,
        usedefault=True,
        desc="weight of the Laplacian of a harmonic field that is fitted along [mm4]",
    )
    tolerance = traits.Range(
        low=0.0,
        high=1.0,
        value=0.004,
        exclude_low=True,
        usedefault=True,
        desc="relative change that ends the iteration",
    )
    max_iterations = traits.Range(low=1, value=100, usedefault=True, desc="limit of the iteration")
    pad = traits.Range(low=0, value=16, usedefault=True, desc="room on every side [voxels]")


class TGVOneStepOutputSpec(TVOutputSpec):
    """The map's own mask, besides."""

    mask_tissue = volume_out("mask_tissue")


class TGVOneStep(KernelInterface):
    """Invert wrapped phase in one step with total generalised variation."""

    input_spec, output_spec = TGVOneStepInputSpec, TGVOneStepOutputSpec
    _kernel = staticmethod(tgv_one_step)
