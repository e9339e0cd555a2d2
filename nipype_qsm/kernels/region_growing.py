"""Growing regions over the most trustworthy edge left, each new voxel on the turn of 2 pi nearest its neighbour.

Edges join voxels that share a face. Each has an integer cost, 1 (certain) to 255 (worst); 0 means no edge. A bucket
for each cost holds the open edges, the newest on top, so that the next edge is found without sorting. All volumes
carry a frame of one voxel that is outside the mask, so that every neighbour of a mask voxel exists.
"""

from __future__ import annotations

import numpy as np
from numba import njit

WORST = 255
"""The largest cost of an edge."""
NOTHING = np.zeros((0, 0, 0), np.float32)
"""Stands for a second echo or a magnitude that is not there."""


@njit(cache=True)
def wrap(angle: np.float32) -> np.float32:
    """Return an angle on -pi..pi."""
    return angle - np.float32(2 * np.pi) * np.rint(angle * np.float32(0.5 / np.pi))


@njit(cache=True)
def edge_costs(
    inside: np.ndarray, phase: np.ndarray, other: np.ndarray, ratio: np.float32, size: np.ndarray
) -> np.ndarray:
    """Rate the edges from each voxel to the next along x, y and z.

    Parameters
    ----------
    inside : (x, y, z) bool array, framed
    phase : (x, y, z) float32 array, rad
    other : (x, y, z) float32 array, rad, or empty
        A second echo.
    ratio : float
        The phase's echo time over the second's.
    size : (x, y, z) float32 array, or empty
        Magnitude.

    Returns
    -------
    costs : (voxel * 3) uint8 array
    """
    n_y, n_z = inside.shape[1], inside.shape[2]
    strides = (n_y * n_z, n_z, 1)
    within, angle, second, signal = inside.ravel(), phase.ravel(), other.ravel(), size.ravel()
    costs = np.zeros(angle.size * 3, np.uint8)
    for a in range(angle.size):
        if not within[a]:
            continue
        for axis in range(3):
            b = a + strides[axis]
            if not within[b]:
                continue
            step = wrap(angle[b] - angle[a])
            weight = _tempered(1 - abs(step) * np.float32(1 / np.pi))
            weight *= _tempered(_straightness(angle, within, a, b, step))
            if second.size > 0:
                weight *= _tempered(1 - abs(step - wrap(second[b] - second[a]) * ratio))
            if signal.size > 0:
                low, high = min(signal[a], signal[b]), max(signal[a], signal[b])
                weight *= _tempered((low / high) ** 2 if high > 0 else np.float32(0))
            costs[3 * a + axis] = 1 + int((1 - weight) * np.float32(WORST - 1) + np.float32(0.5))
    return costs


@njit(cache=True)
def voxel_quality(inside: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Return the mean weight, 0 to 1, of the edges at each voxel; 0 where there is none.

    Parameters
    ----------
    inside : (x, y, z) bool array, framed
    costs : (voxel * 3) uint8 array

    Returns
    -------
    quality : (x, y, z) float32 array
    """
    strides = (inside.shape[1] * inside.shape[2], inside.shape[2], 1)
    within = inside.ravel()
    quality = np.zeros(within.size, np.float32)
    for a in range(within.size):
        if not within[a]:
            continue
        total = count = 0
        for axis in range(3):
            for edge in (3 * a + axis, 3 * (a - strides[axis]) + axis):
                if costs[edge] > 0:
                    total += WORST - costs[edge]
                    count += 1
        if count > 0:
            quality[a] = total / (count * (WORST - 1))
    return quality.reshape(inside.shape)


@njit(cache=True)
def _tempered(weight: np.float32) -> np.float32:
    """Keep one bad weight from hiding what the others say."""
    return np.float32(0.1) + np.float32(0.9) * max(weight, np.float32(0))


@njit(cache=True)
def _straightness(phase: np.ndarray, within: np.ndarray, a: int, b: int, step: np.float32) -> np.float32:
    """Return how straight the phase runs through the edge a-b: 1 where both second differences vanish."""
    before, after = a - (b - a), b + (b - a)
    first = second = np.float32(0.5)
    if within[before]:
        first = max(np.float32(0), 1 - np.float32(0.5) * abs(wrap(step - wrap(phase[a] - phase[before]))))
    if within[after]:
        second = max(np.float32(0), 1 - np.float32(0.5) * abs(wrap(wrap(phase[after] - phase[b]) - step)))
    return first * second


@njit(cache=True)
def grow_regions(inside: np.ndarray, phase: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Unwrap every connected part of the mask.

    Parameters
    ----------
    inside : (x, y, z) bool array, framed
    phase : (x, y, z) float32 array, rad
    costs : (voxel * 3) uint8 array

    Returns
    -------
    values : (x, y, z) float32 array, rad
        Each part on a turn of its own.
    region : (x, y, z) int32 array
        Number of the part, from 1; 0 outside.
    n_regions : int
    """
    n_y, n_z = inside.shape[1], inside.shape[2]
    strides = (n_y * n_z, n_z, 1)
    within, wrapped = inside.ravel(), phase.ravel()
    first = np.zeros(WORST + 2, np.int64)
    for edge in range(costs.size):
        if costs[edge] > 0:
            first[costs[edge] + 1] += 1
    first = np.cumsum(first)
    # Every edge is opened at most once, by the end that is reached first: one array holds all buckets.
    queue = (costs, np.empty(first[WORST + 1], np.int32), first.copy())
    values = np.zeros(wrapped.size, np.float32)
    region = np.zeros(wrapped.size, np.int32)
    n_regions = 0
    for seed in range(wrapped.size):
        if not within[seed] or region[seed] > 0:
            continue
        n_regions += 1
        region[seed], values[seed] = n_regions, wrapped[seed]
        cheapest = _open_edges(seed, region, strides, queue, WORST + 1)
        while cheapest <= WORST:
            if queue[2][cheapest] == first[cheapest]:
                cheapest += 1
                continue
            queue[2][cheapest] -= 1
            edge = queue[1][queue[2][cheapest]]
            a = edge // 3
            b = a + strides[edge % 3]
            if region[a] > 0 and region[b] > 0:
                continue
            if region[a] == 0:
                a, b = b, a
            turns = np.rint((values[a] - wrapped[b]) * np.float32(0.5 / np.pi))
            values[b] = wrapped[b] + turns * np.float32(2 * np.pi)
            region[b] = n_regions
            cheapest = _open_edges(b, region, strides, queue, cheapest)
    return values.reshape(inside.shape), region.reshape(inside.shape), n_regions


@njit(cache=True)
def _open_edges(voxel: int, region: np.ndarray, strides: tuple, queue: tuple, cheapest: int) -> int:
    """Put the edges from a voxel just reached to those not reached into their buckets; return the cheapest bucket."""
    costs, opened, top = queue
    for axis in range(3):
        stride = strides[axis]
        for edge, end in ((3 * voxel + axis, voxel + stride), (3 * (voxel - stride) + axis, voxel - stride)):
            cost = costs[edge]
            if cost > 0 and region[end] == 0:
                opened[top[cost]] = edge
                top[cost] += 1
                cheapest = min(cheapest, cost)
    return cheapest
