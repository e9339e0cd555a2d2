"""Veins, and small round things: what is thinner than the template's millimetre.

They are drawn on the fine grid itself, with the share of each voxel that they fill. Sinuses and deep veins follow their
anatomy (the sagittal and the transverse sinus do not count as brain); cortical and medullary veins are strewn by the
subject's seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from nipype_qsm.phantoms.anatomy import Anatomy, is_ventricle
from nipype_qsm.phantoms.structures import STRUCTURES

N_CORTICAL, N_MEDULLARY = 70, 60
CALCIFICATION_MM = ((1.0, -30.0, 1.0), 2.6)
"""Centre (the pineal gland) and radius."""


@dataclass(frozen=True)
class Tube:
    """A chain of balls.

    Parameters
    ----------
    points : (n, 3) float array, mm
        In template space, close enough to touch.
    radius : float, mm
    structure : str
        What it is made of.
    """

    points: np.ndarray
    radius: float
    structure: str = "vein"


def curve(*corners: tuple[float, float, float], step: float = 0.6) -> np.ndarray:
    """Return points along a smooth line through corners, mm."""
    path = np.array(corners, float)
    lengths = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    where = np.linspace(0, lengths[-1], max(2, int(lengths[-1] / step)))
    dense = np.stack([np.interp(where, lengths, axis) for axis in path.T], axis=1)
    smooth = ndimage.gaussian_filter1d(dense, 4 / step, axis=0, mode="nearest")
    return np.concatenate([path[:1], smooth, path[-1:]])


def deep_veins() -> list[Tube]:
    """Return the sinuses and deep veins that every brain has."""
    veins = [
        Tube(curve((0, -39, 5), (0, -60, 2), (0, -90, -6)), 2.0),
        Tube(curve((0, -36, 11), (0, -41, 9), (0, -39, 5)), 1.8),
    ]
    for side in (-1, 1):
        paths = [
            (1.1, [(3, 1, 13), (3, -12, 16), (2, -26, 13), (0, -36, 11)]),
            (0.8, [(19, -16, 24), (15, -4, 21), (8, 2, 16), (3, 1, 13)]),
            (0.7, [(6, 24, 8), (3, 12, 11), (3, 1, 13)]),
            (0.9, [(22, -4, -17), (19, -16, -14), (15, -28, -7), (5, -37, 4), (0, -39, 5)]),
            (2.6, [(0, -94, -8), (25, -90, -16), (48, -72, -27), (58, -54, -32), (50, -42, -44)]),
        ]
        for radius, path in paths:
            kind = "dural_sinus" if radius > 2 else "vein"
            veins.append(Tube(curve(*[(side * x, y, z) for x, y, z in path]), radius, kind))
    return veins


def sagittal_sinus(subject: Anatomy) -> Tube:
    """Return the superior sagittal sinus: the upper rim of the brain in its middle plane, just outside."""
    plane = round(-subject.affine[0, 3] / subject.affine[0, 0])
    few = slice(plane - 2, plane + 3)
    points = np.argwhere(subject.brain[few].any(axis=0))
    middle = points * np.diag(subject.affine)[1:3] + subject.affine[1:3, 3]
    centre = np.array([-20.0, 12.0])
    angle = np.degrees(np.arctan2(middle[:, 1] - centre[1], middle[:, 0] - centre[0])) % 360
    radius = np.linalg.norm(middle - centre, axis=1)
    rim = []
    for degrees in range(20, 191, 5):
        near = radius[np.abs(angle - degrees) < 3]
        length = (near.max() if near.size else 70.0) + 1.0
        rim.append((0.0, *(centre + length * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]))))
    return Tube(curve(*rim, (0, -94, -8)), 2.8, "dural_sinus")


def strewn_veins(subject: Anatomy, rng: np.random.Generator) -> list[Tube]:
    """Return cortical veins that dive from the surface, and medullary veins that radiate from the ventricles."""
    coarse = max(1, round(2 / subject.affine[2, 2]))
    few = (slice(None, None, coarse),) * 3
    labels, brain, spacing = subject.labels[few], subject.brain[few], coarse * subject.affine[2, 2]
    depth = ndimage.gaussian_filter(brain.astype(np.float32), 4 / spacing, truncate=3)
    inward = np.stack(np.gradient(depth), axis=-1)
    ventricles = ndimage.gaussian_filter(is_ventricle(labels).astype(np.float32), 4 / spacing, truncate=3)
    outward = -np.stack(np.gradient(ventricles), axis=-1)
    upper = np.arange(labels.shape[2]) * spacing + subject.affine[2, 3] > -15
    white = labels == STRUCTURES["white_matter"].numbers[0]
    veins = []
    for n, zone, slope, radii, lengths in (
        (N_CORTICAL, brain & (depth > 0.4) & (depth < 0.6) & upper, inward, (0.4, 0.9), (10, 26)),
        (N_MEDULLARY, white & (ventricles > 0.05) & (ventricles < 0.3), outward, (0.3, 0.5), (8, 18)),
    ):
        starts = np.argwhere(zone)
        for start in starts[rng.integers(len(starts), size=n)]:
            direction = slope[tuple(start)]
            direction = direction / max(np.linalg.norm(direction), 1e-6)
            first = subject.affine[:3, :3] @ (coarse * start) + subject.affine[:3, 3]
            length, radius = rng.uniform(*lengths), rng.uniform(*radii)
            bend = rng.standard_normal(3) * length * 0.25
            corners = [first + t * length * direction + np.sin(np.pi * t) * bend for t in (0, 0.33, 0.67, 1.0)]
            veins.append(Tube(curve(*[tuple(corner) for corner in corners]), radius))
    return veins


def small_things(subject: Anatomy, seed: int, *, calcification: bool, microbleed: bool) -> list[Tube]:
    """Return all veins of a subject, and its calcification and microbleed where asked for."""
    rng = np.random.default_rng([seed, 13])
    things = [*deep_veins(), sagittal_sinus(subject), *strewn_veins(subject, rng)]
    if calcification:
        centre, radius = CALCIFICATION_MM
        things.append(Tube(np.array([centre]), radius, "calcification"))
    if microbleed:
        white = np.argwhere(subject.labels == 2)
        spot = subject.affine[:3, :3] @ white[rng.integers(len(white))] + subject.affine[:3, 3]
        things.append(Tube(spot[None], 1.6, "microbleed"))
    return things


def filled(tube: Tube, to_index: np.ndarray, voxel_size: np.ndarray, shape: tuple[int, ...]) -> tuple | None:
    """Return the box that a tube crosses and the share of each voxel in it that the tube fills.

    Parameters
    ----------
    tube : Tube
    to_index : (4, 4) float array
        Template millimetres to fine indices.
    voxel_size : (3,) float array, mm
        Of the fine grid.
    shape : (3,) int
    """
    points = tube.points @ to_index[:3, :3].T + to_index[:3, 3]
    reach = np.ceil(tube.radius / voxel_size + 1).astype(int)
    low = np.maximum(np.floor(points.min(axis=0)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + reach + 1, shape)
    if np.any(high <= low):
        return None
    offsets = np.stack(np.meshgrid(*[np.arange(-r, r + 1) for r in reach], indexing="ij"), axis=-1).reshape(-1, 3)
    voxels = np.round(points)[:, None].astype(int) + offsets[None]
    distance = np.linalg.norm((voxels - points[:, None]) * voxel_size, axis=2)
    size = float(np.prod(voxel_size)) ** (1 / 3)
    share = np.clip((tube.radius - distance) / size + 0.5, 0, 1) * min(1.0, (2 * tube.radius / size) ** 2)
    inside = np.all((voxels >= low) & (voxels < high), axis=2) & (share > 0)
    volume = np.zeros(high - low, np.float32)
    np.maximum.at(volume, tuple((voxels[inside] - low).T), share[inside].astype(np.float32))
    return tuple(slice(a, b) for a, b in zip(low, high, strict=True)), volume
