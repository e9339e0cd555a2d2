"""How the head is scanned: matrix, voxels, echoes, coils, and where the slices lie.

Slices may be tilted; the field keeps to the scanner's third axis, so that its direction in voxel axes follows from the
affine alone. The first voxel axis runs from right to left, as converted scanner images usually do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nipype_qsm.acquisition import Acquisition
from nipype_qsm.errors import GeometryError
from nipype_qsm.geometry import Grid

LEAST_REFINEMENT = 1.5
"""Smallest ratio of acquired to simulated voxels along an axis."""


@dataclass(frozen=True)
class Protocol:
    """A gradient-echo acquisition.

    Parameters
    ----------
    shape : (3,) int
    voxel_size : (3,) float, mm
    echo_times : (echo,) float, s
    field_strength : float, T
    n_coils : int
        1 is one large coil that sees everything alike.
    snr : float
        Brain signal of the first echo over the noise, coils combined optimally.
    fine_mm : float, mm
        Voxels of the simulation, which are at least 1.5 times finer than the acquired ones. Smaller is slower.
    obliquity : (2,) float, degrees
        Tilt of the slices about the scanner's first and second axis.
    repetition_time : float, s
    flip_angle : float, degrees
    """

    shape: tuple[int, int, int] = (256, 288, 48)
    voxel_size: tuple[float, float, float] = (0.8, 0.8, 3.0)
    echo_times: tuple[float, ...] = (0.0094, 0.020)
    field_strength: float = 3.0
    n_coils: int = 32
    snr: float = 100.0
    fine_mm: float = 0.9
    obliquity: tuple[float, float] = (0.0, 0.0)
    repetition_time: float = 0.027
    flip_angle: float = 15.0

    def __post_init__(self) -> None:
        Acquisition(self.echo_times, self.field_strength)
        if self.n_coils < 1 or self.snr <= 0 or self.fine_mm <= 0:
            raise GeometryError(
                f"{self.n_coils} coils, SNR {self.snr:g} and fine voxels of {self.fine_mm:g} mm cannot be simulated.",
                remedy="Give at least one coil, and positive numbers.",
            )
        Grid(self.shape, self.voxel_size, (0, 0, 1))

    @property
    def affine(self) -> np.ndarray:
        """Voxel indices to scanner millimetres; the middle of the volume is the isocentre."""
        return centred_affine(self.shape, self.voxel_size, self.obliquity)

    @property
    def grid(self) -> Grid:
        """The acquired grid."""
        return Grid.from_affine(self.shape, self.affine)

    @property
    def fine_shape(self) -> tuple[int, int, int]:
        """Matrix of the simulation over the same field of view."""
        ratios = [max(LEAST_REFINEMENT, size / self.fine_mm) for size in self.voxel_size]
        x, y, z = (int(2 * np.ceil(n * r / 2)) for n, r in zip(self.shape, ratios, strict=True))
        return x, y, z

    @property
    def fine_affine(self) -> np.ndarray:
        """Fine indices to scanner millimetres; corners of the field of view coincide."""
        fov = np.multiply(self.shape, self.voxel_size)
        return centred_affine(self.fine_shape, fov / np.array(self.fine_shape), self.obliquity)


def centred_affine(
    shape: tuple[int, ...], voxel_size: np.ndarray | tuple, obliquity: tuple[float, float]
) -> np.ndarray:
    """Return an affine whose field of view is centred on the isocentre, tilted about the first two axes."""
    affine = np.eye(4)
    affine[:3, :3] = rotation((*obliquity, 0.0)) @ np.diag([-1.0, 1.0, 1.0]) @ np.diag(voxel_size)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine


def rotation(degrees: tuple[float, float, float]) -> np.ndarray:
    """Return the rotation about the first, then the second, then the third scanner axis."""
    a, b, c = np.deg2rad(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


SIZES: dict[str, Protocol] = {
    "ukb": Protocol(),
    "small": Protocol((64, 72, 26), (3.2, 3.2, 6.0), n_coils=8, fine_mm=2.0),
    "iso1": Protocol((192, 224, 160), (1.0, 1.0, 1.0), n_coils=32, fine_mm=0.7),
    "iso2": Protocol((96, 112, 80), (2.0, 2.0, 2.0), n_coils=8, fine_mm=1.3),
    "iso3": Protocol((64, 76, 54), (3.0, 3.0, 3.0), n_coils=8, fine_mm=2.0),
}


def protocol_of(size: str | Protocol, **changes: object) -> Protocol:
    """Return a named protocol, with changes.

    Parameters
    ----------
    size : str or Protocol
        A key of `SIZES`.
    **changes
        Fields of `Protocol`.
    """
    if isinstance(size, str) and size not in SIZES:
        raise GeometryError(
            f"There is no size {size!r}.", remedy=f"Choose one of {', '.join(SIZES)}, or give a Protocol."
        )
    base = SIZES[size] if isinstance(size, str) else size
    unknown = set(changes) - set(Protocol.__dataclass_fields__)
    if unknown:
        raise GeometryError(
            f"A protocol has no {', '.join(sorted(unknown))}.",
            remedy=f"Choose among {', '.join(Protocol.__dataclass_fields__)}.",
        )
    return replace(base, **changes)  # type: ignore[arg-type]


HEAD_SCALE = 0.93
"""The template is larger than most heads; so is a slab of 144 mm too thin for it."""
HEAD_CENTRE = (0.0, -14.0, 6.0)
"""Template millimetres that lie at the isocentre."""


def pose(seed: int, scan: int) -> np.ndarray:
    """Return where the head lies: template millimetres to scanner millimetres, (4, 4).

    Parameters
    ----------
    seed : int
        The subject, whose head has its own size.
    scan : int
        The session: each has a new tilt (3 degrees) and shift (2 mm); the first is nearly straight.
    """
    own, moved = np.random.default_rng([seed, 3]), np.random.default_rng([seed, scan, 5])
    scale = HEAD_SCALE * (1 + 0.015 * own.standard_normal(3).clip(-2, 2))
    spread = 1.0 if scan == 0 else 3.0
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(tuple(spread * moved.standard_normal(3).clip(-2, 2))) @ np.diag(scale)
    matrix[:3, 3] = 0.7 * spread * moved.standard_normal(3).clip(-2, 2) - matrix[:3, :3] @ np.array(HEAD_CENTRE)
    return matrix
