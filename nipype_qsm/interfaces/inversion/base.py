"""The step: local field in, susceptibility out."""

from __future__ import annotations

from typing import Any

from nipype_qsm.interfaces.base import (
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    b0_direction,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.kernels.regularisation import SELECTIONS


def selection(what: str) -> Any:
    """Declare how a weight is chosen; `what` says of what, and by what the first way goes."""
    return traits.Enum(*SELECTIONS, usedefault=True, desc=f"{what}, as given, by the L-curve or by equal frequencies")


class DipoleInversionInputSpec(KernelInputSpec):
    """What every inversion takes."""

    field_local = volume("field_local", mandatory=True)
    mask = volume("mask", mandatory=True)
    b0_direction = b0_direction()


class DipoleInversionOutputSpec(TraitedSpec):
    """What every inversion gives."""

    chi = volume_out("chi")


class IterativeInversionOutputSpec(DipoleInversionOutputSpec):
    """What an iterative inversion says about itself."""

    iterations = traits.List(traits.Int, desc="iterations of each stage")
    residual = traits.List(traits.Float, desc="last relative residual or change of each stage")
    converged = traits.Bool(desc="whether every stage met its tolerance")


class DipoleInversion(KernelInterface):
    """Compute the susceptibility that makes a local field."""

    input_spec, output_spec = DipoleInversionInputSpec, DipoleInversionOutputSpec
    memory = VoxelMemory(field_local=100)
