"""The step: a series on disk in, one image an echo out, read coil by coil."""

from __future__ import annotations

import inspect
from typing import Any

from nipype_qsm.interfaces.base import (
    Frame,
    KernelInputSpec,
    KernelInterface,
    TraitedSpec,
    VoxelMemory,
    traits,
    volume,
    volume_out,
)
from nipype_qsm.interfaces.ports import File
from nipype_qsm.series import Series


class SeriesInputSpec(KernelInputSpec):
    """What every step takes that reads coils."""

    series = File(exists=True, mandatory=True, desc="the table of files, times and scales that ReadSeries wrote")


class SeriesInterface(KernelInterface):
    """Hand the kernel a reader, not an array: `read(echo, coil)`."""

    def _arguments(self) -> tuple[dict[str, Any], Frame]:
        accepted = inspect.signature(type(self)._kernel).parameters
        series = Series.load(self.inputs.series)
        frame = series.frame
        told = {
            "read": series.read,
            "n_coils": series.n_coils,
            "n_echoes": series.n_echoes,
            "echo_times": list(series.echo_times),
            "grid": frame.grid(list(series.b0_direction) or None),
        }
        arguments, _ = self._ports(accepted, frame)
        return arguments | {name: value for name, value in told.items() if name in accepted}, frame


class CoilCombinationInputSpec(SeriesInputSpec):
    """What every coil combination takes."""

    mask_brain = volume("mask_brain")


class CoilCombinationOutputSpec(TraitedSpec):
    """What every coil combination gives."""

    phase = volume_out("phase")
    magnitude = volume_out("magnitude")
    magnitude_sos = volume_out("magnitude_sos")
    magnitude_combined = volume_out("magnitude_combined")
    echo_times = traits.List(traits.Float, desc="echo times of `phase` [s]")


class CoilCombination(SeriesInterface):
    """Combine the coils of every echo."""

    input_spec, output_spec = CoilCombinationInputSpec, CoilCombinationOutputSpec
    memory = VoxelMemory(series=45)
