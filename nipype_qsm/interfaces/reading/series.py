"""From the user's files to one checked table.

Headers and side-cars are read, volumes are not: shapes, affines, echo times, field strength and the declared range of
the phase are settled here, once, and every problem is named before anything is computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import (
    BaseInterfaceInputSpec,
    File,
    InputMultiObject,
    SimpleInterface,
    TraitedSpec,
    isdefined,
    traits,
)

from nipype_qsm.acquisition import Acquisition
from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.base import b0_direction
from nipype_qsm.io import open_image, read_frame, read_sidecar
from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase, declared_phase
from nipype_qsm.series import Series, Source, group

ALREADY_COMBINED = "QSM_mcpc3Ds_PHA"
"""How UK Biobank names its combined phase (field 26301), which is in radians."""


class ReadSeriesInputSpec(BaseInterfaceInputSpec):
    """Inputs of `ReadSeries`."""

    phase = InputMultiObject(File(exists=True), mandatory=True, desc="wrapped phase: one file an echo and coil, or 4-D")
    magnitude = InputMultiObject(File(exists=True), mandatory=True, desc="magnitude, in the order of the phase files")
    echo_times = traits.List(traits.Float, desc="echo times [s]; from the side-cars when left out")
    field_strength = traits.Float(desc="main field [T]; from the side-cars when left out")
    phase_range = traits.List(traits.Float, minlen=2, maxlen=2, desc="stored values that mean -pi and +pi")
    b0_direction = b0_direction()
    invert_phase = traits.Bool(False, usedefault=True, desc="flip the sign of the phase")
    fix_alternating_slices = traits.Bool(False, usedefault=True, desc="turn every second slice by pi")


class ReadSeriesOutputSpec(TraitedSpec):
    """Outputs of `ReadSeries`."""

    series = File(exists=True, desc="the table of files, times and scales, JSON")
    echo_times = traits.List(traits.Float, desc="echo times [s]")
    field_strength = traits.Float(desc="main field [T]")
    b0_direction = traits.List(traits.Float, desc="direction of B0 in voxel axes")
    n_coils = traits.Int(desc="number of coils; 1 where they are combined")
    notes = traits.List(traits.Str, desc="what was found and decided")


class ReadSeries(SimpleInterface):
    """Sort phase and magnitude files into echoes and coils, and settle times, scale and direction."""

    input_spec = ReadSeriesInputSpec
    output_spec = ReadSeriesOutputSpec

    def _run_interface(self, runtime: Any) -> Any:
        series = self.table()
        self._results = {
            "series": str(series.save(Path(runtime.cwd) / "series.json")),
            "echo_times": list(series.echo_times),
            "field_strength": series.field_strength,
            "b0_direction": list(series.frame.grid(list(series.b0_direction) or None).b0_direction),
            "n_coils": series.n_coils,
            "notes": series.notes,
        }
        return runtime

    def table(self) -> Series:
        """Return the table without writing it, so that a command can refuse bad input before anything runs."""
        given = {name: value for name, value in self.inputs.get().items() if isdefined(value) and value != []}
        times = given.get("echo_times")
        phase = group(given["phase"], "phase", len(times) if times else None)
        magnitude = group(given["magnitude"], "magnitude", len(phase))
        _require_alike(phase, magnitude)
        sidecars = [_merged(p[0], m[0]) for p, m in zip(phase, magnitude, strict=True)]
        for sidecar, echo in zip(sidecars, phase, strict=True):
            _refuse_difference(sidecar, echo[0].path)
        acquisition = Acquisition.from_sidecars(sidecars, echo_times=times, field_strength=given.get("field_strength"))
        scale = _scale(phase[0][0], sidecars[0], given.get("phase_range"))
        direction, notes = _direction(given.get("b0_direction"), sidecars[0])
        return Series(
            phase,
            magnitude,
            acquisition.echo_times,
            acquisition.field_strength,
            scale,
            tuple(direction),
            self.inputs.invert_phase,
            self.inputs.fix_alternating_slices,
            [f"{len(phase)} echoes, {len(phase[0])} coil(s)", f"phase scaled by {scale.declared_by}", *notes],
        )


def _require_alike(phase: list[list[Source]], magnitude: list[list[Source]]) -> None:
    counts = {len(echo) for echo in phase + magnitude}
    if len(phase) != len(magnitude) or len(counts) != 1:
        raise MetadataError(
            f"Phase is {len(phase)} echoes of {len(phase[0])} coil(s), magnitude {len(magnitude)} of "
            f"{len(magnitude[0])}.",
            remedy="Give one magnitude file for every phase file.",
        )
    first = read_frame(phase[0][0].path)
    for port, table in (("phase", phase), ("magnitude", magnitude)):
        for source in (source for echo in table for source in echo):
            first.require_same(read_frame(source.path), f"{port} ({Path(source.path).name})")


def _merged(phase: Source, magnitude: Source) -> dict[str, object]:
    # A 4-D file has one side-car, whose echo time would be given to every echo: only a user knows those.
    merged = {**read_sidecar(magnitude.path), **read_sidecar(phase.path)}
    if phase.index:
        merged.pop("EchoTime", None)
    return merged


def _refuse_difference(sidecar: dict[str, object], path: str) -> None:
    if ("EchoTime1" in sidecar and "EchoTime2" in sidecar) or "phasediff" in Path(path).name.lower():
        raise MetadataError(
            f"{path} is the difference of two echoes, not the phase of one.",
            remedy="Give the phase image of each echo; a field map's phase difference is not enough.",
        )


def _scale(source: Source, sidecar: dict[str, object], phase_range: list[float] | None) -> DeclaredPhase:
    name = Path(source.path).name
    if phase_range is None and ALREADY_COMBINED in name:
        return DeclaredPhase(1.0, 0.0, "the UK Biobank file convention (combined, radians)")
    proxy = open_image(source.path).dataobj
    return declared_phase(
        sidecar,
        float(proxy.slope),
        float(proxy.inter),
        phase_range=phase_range,
        uk_biobank="COIL" in name and "SWI" in name,
        name=f"phase ({name})",
    )


def _direction(given: list[float] | None, sidecar: dict[str, object]) -> tuple[list[float], list[str]]:
    if given:
        return given, ["B0 direction as given"]
    declared = sidecar.get("B0_dir")
    if isinstance(declared, list) and len(declared) == 3:
        return [float(b) for b in declared], ["B0 direction from the side-car (B0_dir)"]
    return [], ["B0 direction from the affine"]
