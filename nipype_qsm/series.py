"""A gradient-echo series on disk: which file is which echo of which coil, and what its numbers mean.

A `Series` is a small table, written as JSON between nodes, so that steps can read one coil of one echo at a time and
nothing ever holds all of them. Files are told apart by their names (UK Biobank, dcm2niix, BIDS) or, where the names say
nothing, by their order; 4-D files hold echoes (or, one file an echo, coils), 5-D files echoes and then coils.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from nipype_qsm.acquisition import Acquisition
from nipype_qsm.errors import GeometryError, MetadataError
from nipype_qsm.io import Frame, checked_values, read_array, read_frame, read_json, write_json
from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase, to_radians
from nipype_qsm.quantities import VOCABULARY

COIL = re.compile(r"(?:coil-?|_c(?:H|h)?(?=\d))(\d+)", re.IGNORECASE)
ECHO = re.compile(r"(?:echo-?|_e(?=\d)|_te(?=\d))(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One volume: a file, and the index into its fourth and fifth axes."""

    path: str
    index: tuple[int, ...] = ()

    def read(self) -> np.ndarray:
        """Read the volume as (x, y, z) float32."""
        array = read_array(self.path)
        return array[(Ellipsis, *self.index)] if self.index else array.reshape(array.shape[:3])


@dataclass(frozen=True)
class Series:
    """Echoes and coils of one acquisition.

    Parameters
    ----------
    phase, magnitude : [echo][coil] Source
    echo_times : (echo,) float, s
    field_strength : float, T
    phase_scale : DeclaredPhase
    b0_direction : (3,) float, or empty
        In voxel axes; empty to use the affine's.
    negate_phase, alternate_slices : bool
        Corrections that the user asked for.
    notes : list of str
        What was found and decided, for the report.
    """

    phase: list[list[Source]]
    magnitude: list[list[Source]]
    echo_times: tuple[float, ...]
    field_strength: float
    phase_scale: DeclaredPhase
    b0_direction: tuple[float, ...] = ()
    negate_phase: bool = False
    alternate_slices: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def n_echoes(self) -> int:
        """Number of echoes."""
        return len(self.phase)

    @property
    def n_coils(self) -> int:
        """Number of coils; 1 where they are combined already."""
        return len(self.phase[0])

    @property
    def frame(self) -> Frame:
        """Where the volumes lie in the scanner."""
        frame = read_frame(self.phase[0][0].path)
        return Frame(frame.shape[:3], frame.affine, frame.source)

    def read_phase(self, echo: int, coil: int) -> np.ndarray:
        """Read one phase volume as (x, y, z) float32, rad."""
        source = self.phase[echo][coil]
        phase = to_radians(source.read(), self.phase_scale, f"phase ({source.path})")
        if self.alternate_slices:
            phase[:, :, 1::2] += np.where(phase[:, :, 1::2] > 0, -np.pi, np.pi).astype(np.float32)
        return np.negative(phase, out=phase) if self.negate_phase else phase

    def read_magnitude(self, echo: int, coil: int) -> np.ndarray:
        """Read one magnitude volume as (x, y, z) float32."""
        source = self.magnitude[echo][coil]
        magnitude = source.read()
        checked_values(magnitude, VOCABULARY["magnitude"], f"magnitude ({source.path})")
        return magnitude

    def read(self, echo: int, coil: int) -> np.ndarray:
        """Read one volume as (x, y, z) complex64 (indices from 0)."""
        phase = self.read_phase(echo, coil)
        magnitude = self.read_magnitude(echo, coil)
        signal = np.empty(phase.shape, np.complex64)
        np.multiply(magnitude, np.cos(phase), out=signal.real)
        np.multiply(magnitude, np.sin(phase), out=signal.imag)
        return signal

    def save(self, path: str | Path) -> Path:
        """Write the table as JSON."""
        return write_json(asdict(self), path)

    @classmethod
    def load(cls, path: str | Path) -> Series:
        """Read the table that `save` wrote."""
        content = read_json(path)
        for kind in ("phase", "magnitude"):
            content[kind] = [
                [Source(coil["path"], tuple(coil["index"])) for coil in echo]
                for echo in content[kind]  # type: ignore[attr-defined]
            ]
        content["phase_scale"] = DeclaredPhase(*content["phase_scale"])  # type: ignore[misc]
        content["echo_times"] = tuple(content["echo_times"])  # type: ignore[arg-type]
        content["b0_direction"] = tuple(content["b0_direction"])  # type: ignore[arg-type]
        return cls(**content)  # type: ignore[arg-type]

    @property
    def acquisition(self) -> Acquisition:
        """Echo times and field strength, checked."""
        return Acquisition(self.echo_times, self.field_strength)


def group(paths: Sequence[str], port: str, n_echoes: int | None = None) -> list[list[Source]]:
    """Sort files into [echo][coil].

    Parameters
    ----------
    paths : sequence of str
    port : str
        Named in errors.
    n_echoes : int, optional
        Needed where neither names nor axes tell the echoes apart.
    """
    if not paths:
        raise MetadataError(
            f"No {port} file was given.", remedy=f"Give the {port} files, or a pattern that finds them."
        )
    shapes = [read_frame(path).shape for path in paths]
    if any(len(shape) > 3 and max(shape[3:]) > 1 for shape in shapes):
        return _from_axes(paths, shapes, port, n_echoes)
    names = [Path(path).name for path in paths]
    echoes = [_tag(ECHO, name) for name in names]
    coils = [_tag(COIL, name) for name in names]
    if None in echoes or len(set(zip(echoes, coils, strict=True))) != len(paths):
        return _from_order(paths, port, n_echoes)
    if None in coils and list(echoes) != sorted(echoes):  # type: ignore[type-var]
        raise MetadataError(
            f"The {port} files are named as echoes {echoes}, in that order.",
            remedy="List them from the first echo to the last, as the echo times.",
        )
    return _from_tags(paths, echoes, coils, port)  # type: ignore[arg-type]


def _tag(pattern: re.Pattern[str], name: str) -> int | None:
    found = pattern.findall(name)
    return int(found[-1]) if found else None


def _from_tags(paths: Sequence[str], echoes: list[int], coils: list[int | None], port: str) -> list[list[Source]]:
    table = {(echo, coil): path for path, echo, coil in zip(paths, echoes, coils, strict=True)}
    every_coil = sorted({coil for coil in coils if coil is not None}) or [None]
    missing = [pair for pair in product(sorted(set(echoes)), every_coil) if pair not in table]
    if missing:
        echo, coil = missing[0]
        raise MetadataError(
            f"{port} of coil {coil}, echo {echo} is missing ({len(missing)} of {len(every_coil) * len(set(echoes))} "
            "files are).",
            remedy="Give every coil of every echo, or leave that coil out of all echoes.",
        )
    return [[Source(table[echo, coil]) for coil in every_coil] for echo in sorted(set(echoes))]


def _from_order(paths: Sequence[str], port: str, n_echoes: int | None) -> list[list[Source]]:
    echoes = n_echoes or len(paths)
    if len(paths) % echoes:
        raise MetadataError(
            f"{len(paths)} {port} files cannot be {echoes} echoes of equally many coils.",
            remedy="Give every coil of the first echo, then every coil of the second, and so on.",
        )
    coils = len(paths) // echoes
    return [[Source(path) for path in paths[echo * coils : (echo + 1) * coils]] for echo in range(echoes)]


def _from_axes(
    paths: Sequence[str], shapes: Sequence[tuple[int, ...]], port: str, n_echoes: int | None
) -> list[list[Source]]:
    extra = tuple(shapes[0][3:])
    if any(tuple(shape[3:]) != extra for shape in shapes):
        raise GeometryError(
            f"The {port} files have different shapes: {sorted(set(shapes))}.", remedy="Give like files."
        )
    if len(paths) == 1 and len(extra) == 1 and n_echoes in (None, extra[0]):
        return [[Source(paths[0], (echo,))] for echo in range(extra[0])]
    if len(paths) == 1 and len(extra) == 2 and n_echoes in (None, extra[0]):
        return [[Source(paths[0], (echo, coil)) for coil in range(extra[1])] for echo in range(extra[0])]
    if len(extra) == 1 and len(paths) == (n_echoes or len(paths)):
        return [[Source(path, (coil,)) for coil in range(extra[0])] for path in paths]
    raise GeometryError(
        f"{len(paths)} {port} file(s) of shape {shapes[0]} do not fit {n_echoes} echoes.",
        remedy="Give (x, y, z, echo), (x, y, z, echo, coil), or one (x, y, z, coil) file an echo.",
    )
