"""How a volume is looked at: which planes, which way up, which millimetres.

A stored volume is turned (axes swapped and mirrored, never resampled) until its axes run to the patient's right,
front and top as nearly as they can, so that an oblique or mirrored file is shown the right way round. Planes are
cut in radiological convention: the patient's right is on the left of axial and coronal pictures, the front on the
left of sagittal ones. One view is made for a subject and all its volumes are cut by it, so that pictures compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

LETTERS = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}
"""What stands at the left, right, top and bottom of a picture."""

ACROSS = {"sagittal": 0, "coronal": 1, "axial": 2}
"""The axis (right, front, top) that a plane cuts across."""

MARGIN_MM = 5.0
"""Shown around the brain."""

SPREAD = 0.17
"""Distance of the outer axial planes from the middle one, as a fraction of the brain's height."""


@dataclass(frozen=True)
class Plane:
    """One plane of a view.

    Parameters
    ----------
    orientation : str
        `axial`, `coronal` or `sagittal`.
    index : int
        Along the turned axis.
    """

    orientation: str
    index: int


@dataclass(frozen=True)
class View:
    """A turned and cropped way to look at volumes of one grid.

    Parameters
    ----------
    order : (3,) int
        Stored axis that runs most nearly to the patient's right, front and top.
    mirrored : (3,) bool
        Whether that stored axis runs the other way.
    size : (3,) int
        Voxels along the turned axes.
    voxel_size : (3,) float, mm
        Along the turned axes.
    low, high : (3,) int
        First voxel shown, and the one after the last.
    center : (3,) int
        Centre of mass of what the view was made for.
    tilt : float, degrees
        Largest angle between a voxel axis and the scanner axis it is named after.
    """

    order: tuple[int, ...]
    mirrored: tuple[bool, ...]
    size: tuple[int, ...]
    voxel_size: tuple[float, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    center: tuple[int, ...]
    tilt: float

    @classmethod
    def of(cls, region: np.ndarray, affine: np.ndarray) -> View:
        """Make the view that shows a region of a volume.

        Parameters
        ----------
        region : (x, y, z) bool array
            Usually the brain mask; the whole volume is shown when it is empty.
        affine : (4, 4) float array
        """
        axes = np.asarray(affine, float)[:3, :3]
        voxel_size = np.linalg.norm(axes, axis=0)
        cosine = axes / voxel_size
        order = max(permutations(range(3)), key=lambda trial: sum(abs(cosine[row, trial[row]]) for row in range(3)))
        along = np.array([cosine[row, order[row]] for row in range(3)])
        mirrored = tuple(bool(c < 0) for c in along)
        turned = _turned(region, order, mirrored)
        margin = np.ceil(MARGIN_MM / voxel_size[list(order)]).astype(int)
        low, high, center = _extent(turned, margin)
        return cls(
            order=tuple(order),
            mirrored=mirrored,
            size=turned.shape,
            voxel_size=tuple(float(voxel_size[axis]) for axis in order),
            low=low,
            high=high,
            center=center,
            tilt=float(np.degrees(np.arccos(np.clip(np.abs(along), 0, 1))).max()),
        )

    def planes(self) -> list[Plane]:
        """Return three axial planes, a coronal and a sagittal one, through and around the centre of mass."""
        return self._through(self.center, round(SPREAD * (self.high[2] - self.low[2])))

    def planes_through(self, region: np.ndarray) -> list[Plane]:
        """Return such planes through a smaller region."""
        low, high, center = _extent(_turned(region, self.order, self.mirrored), np.zeros(3, int))
        return self._through(center, round(SPREAD * (high[2] - low[2])))

    def _through(self, center: Sequence[int], step: int) -> list[Plane]:
        axial = dict.fromkeys(self._inside(center[2] + offset, 2) for offset in (-max(1, step), 0, max(1, step)))
        return [
            *(Plane("axial", index) for index in axial),
            Plane("coronal", self._inside(center[1], 1)),
            Plane("sagittal", self._inside(center[0], 0)),
        ]

    def mosaic(self, count: int) -> list[Plane]:
        """Return `count` axial planes spread evenly from bottom to top."""
        first = self.low[2] + 0.1 * (self.high[2] - self.low[2])
        last = self.high[2] - 0.1 * (self.high[2] - self.low[2])
        places = np.linspace(first, last, count)
        return [Plane("axial", index) for index in dict.fromkeys(self._inside(round(place), 2) for place in places)]

    def cut(self, volume: np.ndarray, plane: Plane) -> np.ndarray:
        """Return a plane as a picture: a copy, rows from top to bottom, columns from left to right."""
        turned = _turned(volume, self.order, self.mirrored)
        place: list[slice | int] = [slice(first, last) for first, last in zip(self.low, self.high, strict=True)]
        place[ACROSS[plane.orientation]] = plane.index
        return turned[tuple(place)][::-1, ::-1].T.copy()

    def pixel_mm(self, plane: Plane) -> tuple[float, float]:
        """Return width and height of a pixel of a plane, mm."""
        width, height = (size for axis, size in enumerate(self.voxel_size) if axis != ACROSS[plane.orientation])
        return width, height

    def label(self, plane: Plane) -> str:
        """Return the stored axis and index of a plane, as a viewer of the file counts them."""
        across = ACROSS[plane.orientation]
        index = self.size[across] - 1 - plane.index if self.mirrored[across] else plane.index
        return f"{'ijk'[self.order[across]]} = {index}"

    def _inside(self, index: int, axis: int) -> int:
        return int(min(max(index, self.low[axis]), self.high[axis] - 1))


def turned(volume: np.ndarray, view: View) -> np.ndarray:
    """Return a stored volume with its axes to the patient's right, front and top.

    Parameters
    ----------
    volume : (x, y, z) array
    view : View
    """
    return _turned(volume, view.order, view.mirrored)


def _turned(volume: np.ndarray, order: Sequence[int], mirrored: Sequence[bool]) -> np.ndarray:
    steps = tuple(slice(None, None, -1 if mirror else 1) for mirror in mirrored)
    return np.transpose(volume, order)[steps]


def _extent(region: np.ndarray, margin: np.ndarray) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    low, high, center = [], [], []
    for axis, size in enumerate(region.shape):
        others = tuple(other for other in range(3) if other != axis)
        counts = region.sum(axis=others, dtype=np.int64)
        if not counts.any():
            counts = np.ones(size, np.int64)
        filled = np.flatnonzero(counts)
        low.append(int(max(filled[0] - margin[axis], 0)))
        high.append(int(min(filled[-1] + 1 + margin[axis], size)))
        center.append(round(float(counts @ np.arange(size)) / float(counts.sum())))
    return tuple(low), tuple(high), tuple(center)
