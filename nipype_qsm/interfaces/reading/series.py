"""From the user's files to one checked table.

Headers and side-cars are read, volumes are not: shapes, affines, echo times, field strength and the declared range of
the phase are settled here, once, and every problem is named before anything is computed.
"""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import BaseInterfaceInputSpec, InputMultiObject, TraitedSpec, isdefined, traits

from nipype_qsm.acquisition import Acquisition
from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.base import SimpleStep, algorithm, b0_direction
from nipype_qsm.interfaces.ports import File
from nipype_qsm.io import has_scanner_affine, header_scale, read_array, read_frame, read_sidecar
from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase, declared_phase
from nipype_qsm.series import Series, Source, group, name_tags

ALREADY_COMBINED = "QSM_mcpc3Ds_PHA"
"""How UK Biobank names its combined phase (field 26301), which is in radians."""

UNCOMBINED = re.compile(r".*SWI.*COIL\d+_ECHO\d+")
"""How UK Biobank names its coils, whose phase is in 12-bit integers."""


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
    unpack = traits.Bool(
        True, usedefault=True, desc="decompress files of many volumes into the node's folder, to read one volume fast"
    )
    algorithm = algorithm("1")


class ReadSeriesOutputSpec(TraitedSpec):
    """Outputs of `ReadSeries`."""

    series = File(exists=True, desc="the table of files, times and scales, JSON")
    echo_times = traits.List(traits.Float, desc="echo times [s]")
    field_strength = traits.Float(desc="main field [T]")
    b0_direction = traits.List(traits.Float, desc="direction of B0 in voxel axes")
    n_coils = traits.Int(desc="number of coils; 1 where they are combined")
    notes = traits.List(traits.Str, desc="what was found and decided")


class ReadSeries(SimpleStep):
    """Sort phase and magnitude files into echoes and coils, and settle times, scale and direction."""

    input_spec = ReadSeriesInputSpec
    output_spec = ReadSeriesOutputSpec

    def _run_interface(self, runtime: Any) -> Any:
        series = self.table().unpacked(runtime.cwd) if self.inputs.unpack else self.table()
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
        for path in given["phase"]:
            _refuse_difference(read_sidecar(path), path)
        phase = group(given["phase"], "phase", len(times) if times else _echoes_in_sidecars(given["phase"]))
        magnitude = group(given["magnitude"], "magnitude", len(phase))
        _require_alike(phase, magnitude)
        acquisition = Acquisition.from_sidecars(
            _sidecars(phase, magnitude),
            echo_times=times,
            field_strength=given.get("field_strength"),
        )
        scale = _common_scale(phase, given.get("phase_range"))
        direction, notes = _direction(given.get("b0_direction"), phase[0][0].path)
        notes += _vendor_notes(phase[0][0].path)
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
    sizes = [(len(table), len(table[0])) for table in (phase, magnitude)]
    if sizes[0] != sizes[1]:
        raise MetadataError(
            f"Phase is {sizes[0][0]} echo(es) of {sizes[0][1]} coil(s), magnitude {sizes[1][0]} of {sizes[1][1]}.",
            remedy="Give one magnitude file for every phase file.",
        )
    first = read_frame(phase[0][0].path)
    for echo, other in zip(phase, magnitude, strict=True):
        for one, two in zip(echo, other, strict=True):
            first.require_same(read_frame(one.path), f"phase ({Path(one.path).name})")
            first.require_same(read_frame(two.path), f"magnitude ({Path(two.path).name})")
            for number, partner in zip(name_tags(one.path), name_tags(two.path), strict=True):
                if None not in (number, partner) and number != partner:
                    raise MetadataError(
                        f"{Path(one.path).name} and {Path(two.path).name} are named as different echoes or coils.",
                        remedy="Give phase and magnitude of the same echoes and coils.",
                    )


def _refuse_difference(sidecar: dict[str, object], path: str) -> None:
    named = f"{Path(path).name} {sidecar.get('BidsGuess', '')}".lower()
    if "phasediff" in named or ("EchoTime1" in sidecar and "EchoTime2" in sidecar):
        raise MetadataError(
            f"{path} is the difference of two echoes, not the phase of one.",
            remedy="Give the phase image of each echo; a field map's phase difference is not enough.",
        )


def _sidecars(phase: list[list[Source]], magnitude: list[list[Source]]) -> list[dict[str, object]]:
    """Return, for each echo, what the side-cars of its files say together."""
    one_file = len(phase) > 1 and phase[0][0].path == phase[1][0].path
    return [
        _echo_sidecar([*other, *echo], number if one_file else None)
        for number, (echo, other) in enumerate(zip(phase, magnitude, strict=True))
    ]


def _echo_sidecar(sources: list[Source], listed: int | None) -> dict[str, object]:
    """Merge side-cars, the last winning; `listed` is the echo's place where one file holds several echoes."""
    merged: dict[str, object] = {}
    times = set()
    for path in dict.fromkeys(source.path for source in sources):
        sidecar = read_sidecar(path)
        time = sidecar.get("EchoTime")
        if listed is not None:
            # A single time would be given to every echo.
            time = time[listed] if isinstance(time, list) and listed < len(time) else None
        merged = {**merged, **sidecar, "EchoTime": time or merged.get("EchoTime")}
        times |= {round(time, 4)} if isinstance(time, float) else set()
    if len(times) > 1:
        raise MetadataError(
            f"The side-cars of one echo ({Path(sources[-1].path).name} and its companions) say {sorted(times)} s.",
            remedy="List every coil of the first echo, then every coil of the second, and so on.",
        )
    return merged


def _echoes_in_sidecars(paths: list[str]) -> int | None:
    times = [read_sidecar(path).get("EchoTime") for path in paths]
    return len(set(times)) if len(paths) > 1 and all(isinstance(time, float) for time in times) else None


def _common_scale(phase: list[list[Source]], phase_range: list[float] | None) -> DeclaredPhase:
    paths = dict.fromkeys(source.path for echo in phase for source in echo)
    scales = {path: _scale(path, phase_range) for path in paths}
    first = next(iter(scales))
    for path, scale in scales.items():
        if not np.allclose(scale[:2], scales[first][:2], rtol=1e-3):
            raise UnitsError(
                f"{Path(path).name} is scaled by {scale.declared_by}, {Path(first).name} by "
                f"{scales[first].declared_by}.",
                remedy="Convert all files in the same way.",
            )
    return scales[first]


def _scale(path: str, phase_range: list[float] | None) -> DeclaredPhase:
    name = Path(path).name
    if phase_range is None and ALREADY_COMBINED in name:
        return DeclaredPhase(1.0, 0.0, "the UK Biobank file convention (combined, radians)")
    find = partial(
        declared_phase,
        read_sidecar(path),
        *header_scale(path),
        phase_range=phase_range,
        uk_biobank=bool(UNCOMBINED.match(name)),
        name=f"phase ({name})",
    )
    try:
        return find()
    except UnitsError:
        # Read only now, to name the likely cure.
        values = read_array(path)
        return find(observed=(float(values.min()), float(values.max())))


def _direction(given: list[float] | None, path: str) -> tuple[list[float], list[str]]:
    """Choose the B0 direction: as given, as the side-car declares it (B0_dir), of the affine."""
    frame, declared = read_frame(path), read_sidecar(path).get("B0_dir")
    from_affine = frame.grid()
    if given:
        apart = frame.grid(given).degrees_from(from_affine)
        if apart > 1 and _oblique(from_affine):
            warnings.warn(
                f"The B0 direction as given is {apart:.1f} degrees from {list(np.round(from_affine.b0_direction, 4))} "
                f"of the oblique affine of {path}; it is used as given.",
                stacklevel=2,
            )
        return given, [f"B0 direction as given, {apart:.1f} degrees from the affine's"]
    if isinstance(declared, list) and len(declared) == 3:
        declared = [float(b) for b in declared]
        apart = frame.grid(declared).degrees_from(from_affine)
        return declared, [f"B0 direction from the side-car (B0_dir), {apart:.1f} degrees from the affine's"]
    if not has_scanner_affine(path):
        raise MetadataError(
            f"{path} has no scanner affine (its sform and qform codes are 0), so the direction of B0 is unknown.",
            remedy="Give the direction in voxel axes: --b0-direction 0 0 1 if B0 is along the third axis.",
        )
    from_affine.require_direction()
    return [], ["B0 direction from the affine"]


def _oblique(grid: Grid) -> bool:
    return max(abs(b) for b in grid.b0_direction) < np.cos(np.radians(0.5))


def _vendor_notes(path: str) -> list[str]:
    sidecar = read_sidecar(path)
    notes = []
    slope, intercept = (sidecar.get(f"PhilipsRescale{which}") for which in ("Slope", "Intercept"))
    if slope is not None:
        notes.append(
            f"Philips slopes in the side-car: milliradians = {slope} x stored {intercept:+g}; the header applies "
            "{:g} and {:g}".format(*header_scale(path))
        )
    voxel_size = sidecar.get("VoxelSize")
    found = read_frame(path).grid([0, 0, 1]).voxel_size
    if isinstance(voxel_size, list) and len(voxel_size) == 3 and not np.allclose(voxel_size, found, rtol=5e-3):
        notes.append(f"voxel size {[round(d, 3) for d in found]} mm from the affine; the side-car says {voxel_size}")
    return notes
