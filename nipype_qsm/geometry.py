"""The grid a volume lives on, and where the main field points in it.

A `Grid` is shape, voxel size and the direction of B0 seen from the voxel axes. The direction comes from the
scanner-space affine, so an oblique acquisition is right by construction; it has no default, because a silent +z
inverts an oblique scan with the wrong dipole kernel. A Grid is made once, before any registration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import numpy as np

from nipype_qsm.errors import GeometryError

SHEAR_TOLERANCE = 0.01
"""Largest cosine between two voxel axes that still counts as a right angle: B0 is then right within 0.6 degrees."""

SHEAR_LIMIT = 0.5
"""Largest cosine for which the lengths of a sheared affine's columns are still taken for voxel sizes."""

SAME_PLACE = 0.1
"""How far two grids may be apart at a corner, as a share of the voxel size, and still count as one."""


@dataclass(frozen=True)
class Grid:
    """Shape, voxel size and B0 direction of a volume.

    Parameters
    ----------
    shape : (3,) int
        Voxels along x, y, z.
    voxel_size : (3,) float, mm
    b0_direction : (3,) float
        Direction of the main field in voxel axes; made a unit vector. Its sign does not matter.
    sheared : bool
        Whether the direction was read from a sheared affine: near enough to tell slices, too rough for a dipole.
    """

    shape: tuple[int, int, int]
    voxel_size: tuple[float, float, float]
    b0_direction: tuple[float, float, float]
    sheared: bool = False

    def __post_init__(self) -> None:
        size = np.asarray(self.voxel_size, float)
        direction = np.asarray(self.b0_direction, float)
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise GeometryError(f"A grid has three axes, not shape {self.shape}.", remedy="Give one 3-D volume a file.")
        if size.shape != (3,) or not np.all(np.isfinite(size)) or size.min() <= 0:
            raise GeometryError(f"Voxel size {self.voxel_size} mm is not usable.", remedy="Repair the image's header.")
        length = np.linalg.norm(direction)
        if direction.shape != (3,) or not np.isfinite(length) or length < 1e-6:
            raise GeometryError(
                f"B0 direction {self.b0_direction} is not a direction.",
                remedy="Give three numbers in voxel axes, such as 0 0 1 for the third axis.",
            )
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "voxel_size", tuple(float(d) for d in size))
        object.__setattr__(self, "b0_direction", tuple(float(b) for b in direction / length))

    @classmethod
    def from_affine(
        cls, shape: Sequence[int], affine: np.ndarray, *, b0_direction: Sequence[float] | None = None
    ) -> Grid:
        """Read voxel size and B0 direction from a scanner-space affine.

        Parameters
        ----------
        shape : (3,) int
        affine : (4, 4) float array
            Voxel indices to scanner millimetres; B0 is the scanner's third axis.
        b0_direction : (3,) float, optional
            Direction in voxel axes that overrides the affine's (for images whose affine was lost or bent); then only
            the voxel size is read from the affine.
        """
        axes = np.asarray(affine, float)[:3, :3]
        voxel_size = np.linalg.norm(axes, axis=0)
        if not np.all(np.isfinite(axes)) or voxel_size.min() < 1e-6:
            raise GeometryError("The affine is degenerate.", remedy="Repair the image's sform or qform.")
        unit = axes / voxel_size
        skew = np.abs(unit.T @ unit - np.eye(3)).max()
        if skew > SHEAR_LIMIT:
            raise GeometryError(
                f"The affine is sheared (cosine {skew:.3g} between two axes).",
                remedy="Use the image as it was reconstructed, before any registration or resampling.",
            )
        # The third row of the nearest rotation.
        left, _, right = np.linalg.svd(unit)
        direction = (left @ right)[2] if b0_direction is None else b0_direction
        sheared = bool(skew > SHEAR_TOLERANCE) and b0_direction is None
        return cls(tuple(shape), tuple(voxel_size), tuple(direction), sheared)  # type: ignore[arg-type]

    def require_direction(self) -> None:
        """Refuse a direction that a sheared affine has only roughly."""
        if self.sheared:
            raise GeometryError(
                "The affine is sheared, so the direction of B0 cannot be read from it.",
                remedy="Give the direction in voxel axes (--b0-direction X Y Z), or use the image as it was "
                "reconstructed, before any registration or resampling.",
            )

    def degrees_from(self, other: Grid) -> float:
        """Return the angle between two B0 directions, degrees; the sign of a direction does not matter."""
        cosine = abs(float(np.dot(self.b0_direction, other.b0_direction)))
        return float(np.degrees(np.arccos(min(1.0, cosine))))

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel, mm3."""
        return float(np.prod(self.voxel_size))

    def resized(self, shape: Sequence[int]) -> Grid:
        """Return the same voxels on another shape (a crop or a pad)."""
        return replace(self, shape=tuple(shape))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Frame:
    """Where a volume lies in the scanner: its shape, its affine and the file it was read from."""

    shape: tuple[int, ...]
    affine: np.ndarray
    source: str = field(default="", compare=False)

    def grid(self, b0_direction: Sequence[float] | None = None) -> Grid:
        """Return the grid; `b0_direction` (in voxel axes) overrides the affine's."""
        return Grid.from_affine(self.shape[:3], self.affine, b0_direction=b0_direction or None)

    def require_same(self, other: Frame, port: str) -> None:
        """Refuse a volume on another grid."""
        if self.shape[:3] != other.shape[:3]:
            raise GeometryError(
                f"{port} is {other.shape[:3]} ({other.source}), {Path(self.source).name} is {self.shape[:3]}.",
                remedy=f"Resample {port} onto that grid.",
            )
        offset = self._largest_offset(other)
        # Turned round, so that an affine with NaN is refused as well.
        if not offset <= SAME_PLACE * np.linalg.norm(self.affine[:3, :3], axis=0).min():
            raise GeometryError(
                f"{port} ({other.source}) has another affine than {Path(self.source).name}: the same voxel is up to "
                f"{offset:.3g} mm away.",
                remedy=f"Resample {port} onto that grid, or repair its header if only the header is wrong.",
            )

    def _largest_offset(self, other: Frame) -> float:
        corners = np.array([*product(*((0, n - 1) for n in self.shape[:3]))])
        apart = self.affine - other.affine
        return float(np.linalg.norm(corners @ apart[:3, :3].T + apart[:3, 3], axis=1).max())


def scaled_voxels(affine: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Return voxel indices to FSL's millimetres: scaled; x turned round if the affine's determinant is positive."""
    size = np.linalg.norm(affine[:3, :3], axis=0)
    matrix = np.diag([*size, 1.0])
    if np.linalg.det(affine[:3, :3]) > 0:
        matrix[0, 0], matrix[0, 3] = -size[0], (shape[0] - 1) * size[0]
    return matrix
