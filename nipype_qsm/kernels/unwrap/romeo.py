"""Unwrap by growing a region along the most trustworthy edges first.

Every edge between two neighbouring voxels gets a weight from how small the phase step is, how well it agrees with the
step in a second echo, how straight the phase runs, and how alike the magnitudes are. A region grows over the
best edge left, and each new voxel takes the multiple of 2 pi that brings it closest to its neighbour. So the
unavoidable errors are pushed into noise, where they do not spread. Other echoes follow the unwrapped one in time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.region_growing import NOTHING, edge_costs, grow_regions, voxel_quality
from nipype_qsm.units import checked_echo_times

TURN = np.float32(2 * np.pi)
SMALLEST_GUIDE = 0.05
"""Parts smaller than this share of the largest part follow others, but none follows them."""


class Unwrapped(NamedTuple):
    """What `romeo` returns."""

    phase_unwrapped: np.ndarray
    quality: np.ndarray
    n_regions: int


def romeo(
    phase: np.ndarray,
    mask: np.ndarray,
    magnitude: np.ndarray | None = None,
    *,
    echo_times: Sequence[float] = (),
    template_echo: int = 1,
    individual: bool = False,
) -> Unwrapped:
    """Unwrap phase in space, along edges ordered by quality, and further echoes in time.

    Parameters
    ----------
    phase : (x, y, z) or (x, y, z, echo) float array, rad
    mask : (x, y, z) bool array
        Its parts that do not touch are unwrapped one by one and then set to each other: each takes the multiple of 2 pi
        that brings its rim closest to the nearest rim of larger parts.
    magnitude : as phase, optional
        Edges between unlike magnitudes are trusted less.
    echo_times : (echo,) float, s
        Needed with more than one echo.
    template_echo : int, from 1
        The echo unwrapped in space. A late one has steeper phase, an early one less contrast.
    individual : bool
        Unwrap every echo in space. Needed where a phase offset (no coil combination by MCPC-3D-S before) makes
        the echoes disagree; slower, and an error in one echo stays in that echo.

    Returns
    -------
    phase_unwrapped : as phase, rad
        Differs from `phase` by multiples of 2 pi; 0 outside the mask. The median over the largest part of the
        template lies within pi of 0.
    quality : (x, y, z) float array
        Mean weight of the voxel's edges in the template echo: 1 is certain, 0 is noise.
    n_regions : int
        Parts of the mask that do not touch.

    References
    ----------
    Dymerska et al. 2021, doi:10.1002/mrm.28563
    """
    echoes = phase if phase.ndim == 4 else phase[..., None]
    times = matching_times(echo_times, echoes.shape[-1])
    if not 1 <= template_echo <= len(times):
        raise MetadataError(
            f"template_echo is {template_echo}, there are {len(times)} echoes.",
            remedy=f"Choose an echo from 1 to {len(times)}.",
        )
    box = bounding_box(mask)
    # A frame of one voxel, so that every neighbour of a mask voxel exists.
    inside = np.pad(mask[box], 1)
    wrapped = [np.pad(echoes[..., e][box].astype(np.float32, copy=False), 1) for e in range(echoes.shape[-1])]
    sizes = None if magnitude is None else magnitude.reshape(echoes.shape)
    unwrapped = np.zeros_like(np.moveaxis(echoes, -1, 0), np.float32)
    quality = np.zeros(mask.shape, np.float32)
    template = template_echo - 1
    found: dict[int, np.ndarray] = {}
    n_regions = 0
    for echo in range(len(wrapped)) if individual else [template]:
        partner = _partner(echo, len(wrapped))
        other = wrapped[partner] if partner != echo else NOTHING
        size = NOTHING if sizes is None else np.pad(sizes[..., echo][box].astype(np.float32, copy=False), 1)
        costs = edge_costs(inside, wrapped[echo], other, np.float32(times[echo] / times[partner]), size)
        found[echo], n_regions = _in_space(inside, wrapped[echo], costs)
        if echo == template:
            trust = voxel_quality(inside, costs)
            quality[box] = trust[1:-1, 1:-1, 1:-1]
    for echo in _outwards(template, len(wrapped)):
        if echo not in found:
            before = echo - 1 if echo > template else echo + 1
            found[echo] = _in_time(wrapped[echo], found[before], times[echo] / times[before], trust)
    if individual:
        _tie_echoes(found, times, template, inside)
    for echo, values in found.items():
        unwrapped[echo][box] = np.where(inside, values, 0)[1:-1, 1:-1, 1:-1]
    return Unwrapped(np.moveaxis(unwrapped, 0, -1).reshape(phase.shape), quality, n_regions)


def matching_times(echo_times: Sequence[float], n_echoes: int) -> tuple[float, ...]:
    """Return the echo times, one an echo; a single echo needs none."""
    if n_echoes == 1:
        return (1.0,)
    if len(echo_times) != n_echoes:
        raise MetadataError(
            f"{len(echo_times)} echo times were given for {n_echoes} echoes.",
            remedy="Give one echo time per echo, in seconds: they tie the echoes together.",
        )
    return checked_echo_times(echo_times)


def _partner(echo: int, n_echoes: int) -> int:
    """Return the echo whose phase steps are compared: the next, for the last one the one before."""
    return echo if n_echoes == 1 else echo + 1 if echo + 1 < n_echoes else echo - 1


def _outwards(template: int, n_echoes: int) -> list[int]:
    return [*range(template, -1, -1), *range(template + 1, n_echoes)]


def _in_space(inside: np.ndarray, phase: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, int]:
    values, region, n_regions = grow_regions(inside, phase, costs)
    if n_regions > 1:
        _align_regions(values, region, n_regions)
    if n_regions:
        largest = values[region == 1 + np.argmax(np.bincount(region[inside])[1:])]
        values[inside] -= TURN * np.rint(np.median(largest) / TURN)
    return values, n_regions


def _align_regions(values: np.ndarray, region: np.ndarray, n_regions: int) -> None:
    """Shift every region by the multiple of 2 pi that brings its rim closest to the nearest rim of larger regions."""
    where = np.flatnonzero(_rim(region > 0))
    places = np.stack(np.unravel_index(where, region.shape), axis=-1)
    value = values.ravel()[where]
    label = region.ravel()[where]
    sizes = np.bincount(region.ravel(), minlength=n_regions + 1)[1:]
    members = np.split(np.argsort(label, kind="stable"), np.cumsum(np.bincount(label, minlength=n_regions + 1)[1:-1]))
    shifts = np.zeros(n_regions + 1, np.float32)
    guides, tree = np.empty(0, np.int64), None
    for one in np.argsort(-sizes, kind="stable"):
        own = members[one]
        if tree is not None:
            distance, nearest = tree.query(places[own])
            facing = distance <= distance.min() + 1
            gap = np.median(value[guides[nearest[facing]]] - value[own[facing]])
            shifts[one + 1] = TURN * np.rint(gap / TURN)
            value[own] += shifts[one + 1]
        if sizes[one] >= SMALLEST_GUIDE * sizes.max():
            guides = np.concatenate([guides, own])
            tree = cKDTree(places[guides])
    values += shifts[region]


def _rim(inside: np.ndarray) -> np.ndarray:
    """Return the voxels with a face on the outside (the frame is outside)."""
    core = inside.copy()
    for axis in range(3):
        core &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    return inside & ~core


def _in_time(wrapped: np.ndarray, before: np.ndarray, ratio: float, trust: np.ndarray) -> np.ndarray:
    gap = before * np.float32(ratio) - wrapped
    turns = np.rint(gap / TURN)
    # Squared, so that air in a generous mask, which agrees with nothing, does not count.
    weight = trust * trust
    doubtful = weight[np.abs(gap - TURN * turns) > np.pi / 2].sum() / max(weight.sum(), 1e-9)
    if doubtful > 0.25:
        warnings.warn(
            f"{doubtful:.0%} of the voxels lie more than a quarter turn from the phase that the next echo predicts: a "
            "phase offset is left. Remove it with MCPC-3D-S first, or unwrap each echo in space (individual).",
            stacklevel=3,
        )
    return wrapped + TURN * turns


def _tie_echoes(found: dict[int, np.ndarray], times: Sequence[float], template: int, inside: np.ndarray) -> None:
    """Shift each echo by the multiple of 2 pi that brings it closest to the template's phase at its echo time."""
    for echo in found.keys() - {template}:
        gap = found[template][inside] * np.float32(times[echo] / times[template]) - found[echo][inside]
        found[echo][inside] += TURN * np.rint(np.median(gap) / TURN) if gap.size else 0
