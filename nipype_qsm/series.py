"""A gradient-echo series on disk: which file is which echo of which coil, and what its numbers mean.

A `Series` is a small table, written as JSON between nodes, so that steps can read one coil of one echo at a time and
nothing ever holds all of them. Files are told apart by their names (UK Biobank, dcm2niix, BIDS) or, where the names say
nothing, by their order; 4-D files hold echoes (or, one file an echo, coils), 5-D files echoes and then coils.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from nipype_qsm.acquisition import Acquisition
from nipype_qsm.errors import GeometryError, MetadataError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import checked_values, read_array, read_frame, read_json, unpack, write_json
from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase, to_radians
from nipype_qsm.quantities import VOCABULARY

COIL = re.compile(r"(?:coil[-_]?|chan(?:nel)?[-_]?|_ch?)(\d+)(?![\da-z])", re.IGNORECASE)
ECHO = re.compile(r"(?:echo[-_]?|_t?e)(\d+)(?![\da-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One volume: a file, and the index into its fourth and fifth axes."""

    path: str
    index: tuple[int, ...] = ()

    def read(self) -> np.ndarray:
        """Read the volume as (x, y, z) float32."""
        array = read_array(self.path, index=self.index)
        return array.reshape(array.shape[:3])


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
            phase[:, :, 1::2] += np.where(phase[:, :, 1::2] > 0, np.float32(-np.pi), np.float32(np.pi))
        return np.negative(phase, out=phase) if self.negate_phase else phase

    def read_magnitude(self, echo: int, coil: int) -> np.ndarray:
        """Read one magnitude volume as (x, y, z) float32."""
        source = self.magnitude[echo][coil]
        magnitude = source.read()
        checked_values(magnitude, VOCABULARY["magnitude"], f"magnitude ({source.path})")
        return magnitude

    def read(self, echo: int, coil: int) -> np.ndarray:
        """Read one volume as (x, y, z) complex64 in Fortran order (indices from 0)."""
        phase = self.read_phase(echo, coil)
        magnitude = self.read_magnitude(echo, coil)
        # In the memory order of the file (F), as both volumes are: mixing orders costs six times as much.
        signal = np.empty_like(phase, np.complex64)
        np.multiply(magnitude, np.cos(phase), out=signal.real)
        np.multiply(magnitude, np.sin(phase), out=signal.imag)
        return signal

    def unpacked(self, folder: str | Path) -> Series:
        """Return the same series with its compressed files of many volumes decompressed into a folder.

        A volume of a compressed file cannot be read without all that stand before it.
        """
        sources = {source for table in (self.phase, self.magnitude) for echo in table for source in echo}
        packed = sorted({source.path for source in sources if source.index and source.path.endswith(".gz")})
        where = {path: str(unpack(path, Path(folder) / f"unpacked_{n}")) for n, path in enumerate(packed, start=1)}

        def moved(table: list[list[Source]]) -> list[list[Source]]:
            return [[Source(where.get(source.path, source.path), source.index) for source in echo] for echo in table]

        return replace(self, phase=moved(self.phase), magnitude=moved(self.magnitude))

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
    """Sort files into [echo][coil]: by their names, and by their order where the names say nothing.

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
    twice = [path for path, count in Counter(paths).items() if count > 1]
    if twice:
        raise MetadataError(f"{port} {twice[0]} is given more than once.", remedy="Give every file once.")
    shapes = [read_frame(path).shape for path in paths]
    if any(len(shape) > 3 and max(shape[3:]) > 1 for shape in shapes):
        return _from_axes(paths, shapes, port, n_echoes)
    tags = [name_tags(path) for path in paths]
    echoes, coils = [echo for echo, _ in tags], [coil for _, coil in tags]
    if None not in echoes and None in coils:
        if len(set(echoes)) == len(paths) and echoes != sorted(echoes):  # type: ignore[type-var]
            raise MetadataError(
                f"The {port} files are named as echoes {echoes}, in that order.",
                remedy="List them from the first echo to the last, as the echo times.",
            )
        coils = _occurrences(echoes)
    elif None in echoes and None not in coils:
        echoes = _occurrences(coils)
    elif None in echoes:
        n_coils, left = divmod(len(paths), n_echoes or len(paths))
        if left:
            raise MetadataError(
                f"{len(paths)} {port} files cannot be {n_echoes} echoes of equally many coils.",
                remedy="Give every coil of the first echo, then every coil of the second, and so on.",
            )
        echoes, coils = [1 + n // n_coils for n in range(len(paths))], [1 + n % n_coils for n in range(len(paths))]
    return _complete(paths, echoes, coils, port)


def name_tags(path: str | Path) -> tuple[int | None, int | None]:
    """Return the numbers of the echo and the coil that a file's name tells, None where it does not."""
    echo, coil = (pattern.findall(Path(path).name) for pattern in (ECHO, COIL))
    return (int(echo[-1]) if echo else None), (int(coil[-1]) if coil else None)


def _occurrences(tags: Sequence[int | None]) -> list[int | None]:
    seen: Counter[int | None] = Counter()
    numbers: list[int | None] = []
    for tag in tags:
        seen[tag] += 1
        numbers.append(seen[tag])
    return numbers


def _complete(
    paths: Sequence[str], echo_of: Sequence[int | None], coil_of: Sequence[int | None], port: str
) -> list[list[Source]]:
    table = {(int(e or 0), int(c or 0)): path for path, e, c in zip(paths, echo_of, coil_of, strict=True)}
    if len(table) < len(paths):
        raise MetadataError(
            f"Several {port} files are named as the same coil of the same echo.",
            remedy="Give the files of one series, whose names differ in coil (coil-01, _c1) or echo (echo-1, _e1).",
        )
    echoes, coils = (sorted(set(numbers)) for numbers in zip(*table, strict=True))
    missing = [(echo, coil) for echo in echoes for coil in coils if (echo, coil) not in table]
    if missing:
        echo, coil = missing[0]
        raise MetadataError(
            f"{port} of coil {coil}, echo {echo} is missing ({len(missing)} of {len(coils) * len(echoes)} files are).",
            remedy="Give every coil of every echo, or leave that coil out of all echoes.",
        )
    return [[Source(table[echo, coil]) for coil in coils] for echo in echoes]


def _from_axes(
    paths: Sequence[str], shapes: Sequence[tuple[int, ...]], port: str, n_echoes: int | None
) -> list[list[Source]]:
    extra = tuple(shapes[0][3:])
    if len(set(shapes)) > 1:
        raise GeometryError(
            f"The {port} files have different shapes: {sorted(set(shapes))}.", remedy="Give files of one series."
        )
    coils = [name_tags(path)[1] for path in paths]
    if len(extra) == 2 and len(paths) == 1 and n_echoes in (None, extra[0]):
        return [[Source(paths[0], (echo, coil)) for coil in range(extra[1])] for echo in range(extra[0])]
    if len(extra) == 1 and n_echoes in (None, extra[0]) and (len(paths) == 1 or len(set(coils) - {None}) == len(paths)):
        order = sorted(range(len(paths)), key=lambda n: coils[n] or 0)
        return [[Source(paths[n], (echo,)) for n in order] for echo in range(extra[0])]
    if len(extra) == 1 and len(paths) == (n_echoes or len(paths)):
        return [[Source(path, (coil,)) for coil in range(extra[0])] for path in paths]
    raise GeometryError(
        f"{len(paths)} {port} file(s) of shape {shapes[0]} do not fit {n_echoes or 'any number of'} echoes.",
        remedy="Give (x, y, z, echo), (x, y, z, echo, coil), one (x, y, z, coil) file an echo, or one (x, y, z, echo) "
        "file a coil whose name tells the coil.",
    )
