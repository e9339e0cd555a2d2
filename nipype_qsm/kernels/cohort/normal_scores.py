"""Outliers and rank-based inverse normal of whole numbers, voxel by voxel, from one count of each voxel's values.

Voxels are stored as 16-bit steps, of which a cohort uses some thousand. How often each occurs tells the median, the
median absolute deviation, who is an outlier, every rank and every tie; scores are then looked up. What `outliers` and
`inverse_normal` find by sorting 35,000 values comes out the same, fifty times sooner.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import DTypeLike

from nipype_qsm.kernels.cohort.score_sums import ScoreSums, anchor, score_sums, sum_up_to
from nipype_qsm.kernels.parallel import parallel

LOOK = 256
"""Steps that are searched together for what is missing."""


class NormalScores(NamedTuple):
    """Scores of a tile of voxels, and who has none.

    Parameters
    ----------
    scores : (voxels, subjects) float array
        Zero where missing.
    squares : (voxels,) float64 array
        Sum of the squared scores.
    means : (voxels,) float64 array
        Mean of what is believed, steps; NaN where there is nothing.
    n_outliers : (voxels,) int array
        Values that were called missing because they are far from the median.
    missing : (n_missing,) int array
        Subjects without a value, one voxel after the other.
    starts : (voxels + 1,) int array
        Where each voxel's begin in `missing`.
    """

    scores: np.ndarray
    squares: np.ndarray
    means: np.ndarray
    n_outliers: np.ndarray
    missing: np.ndarray
    starts: np.ndarray


class Workplace:
    """Room for tiles of scores, taken once: a system that clears new memory for every tile takes as long as the work.

    Parameters
    ----------
    n_voxels : int
        Of the largest tile.
    n_subjects : int
    kind : dtype
        float32 or float64: of the scores.
    offset : float
        As in `inverse_normal`.
    """

    def __init__(self, n_voxels: int, n_subjects: int, kind: DTypeLike = np.float32, offset: float = 0.375) -> None:
        self.scores: np.ndarray = np.empty((n_voxels, n_subjects), kind)
        self.sums = score_sums(n_subjects, offset)


def normal_scores(
    steps: np.ndarray,
    place: Workplace | None = None,
    *,
    factor: float | None = 6.0,
    mad_scale: float = 1.0,
    min_levels: int = 10,
) -> NormalScores:
    """Remove outliers of every voxel and replace its values by the normal deviates of their ranks.

    Parameters
    ----------
    steps : (voxels, subjects) uint16 array
        Of `voxel_rows`: zero where missing.
    place : Workplace, optional
        Where scores are written; those of the tile before are overwritten.
    factor, mad_scale, min_levels
        As in `outliers`, counted in steps; a factor of None keeps everything.

    Returns
    -------
    found : NormalScores
        Ties share the mean of their scores.

    References
    ----------
    Blom 1958, doi:10.2307/2282098; Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002
    """
    n_voxels = len(steps)
    place = Workplace(*steps.shape) if place is None else place
    scores = place.scores[:n_voxels]
    sums, facts = np.empty((n_voxels, 2)), np.empty((n_voxels, 4), np.int64)
    _score(steps, -1.0 if factor is None else factor * mad_scale, min_levels, place.sums, (scores, sums, facts))
    starts = np.concatenate([[0], np.cumsum(facts[:, 1])])
    missing = np.empty(starts[-1], np.int64)
    _list_missing(steps, facts, starts, missing)
    return NormalScores(scores, sums[:, 0], sums[:, 1], facts[:, 0], missing, starts)


@parallel(nogil=True)
def _score(turned: np.ndarray, reach: float, min_levels: int, sums: ScoreSums, found: tuple) -> None:
    scores, own, facts = found
    for voxel in numba.prange(turned.shape[0]):
        _score_one(turned[voxel], (reach, min_levels), sums, scores[voxel], (own[voxel], facts[voxel]))


@numba.njit(cache=True, nogil=True)
def _score_one(steps: np.ndarray, rules: tuple, sums: ScoreSums, scores: np.ndarray, told: tuple) -> None:
    """Write scores, zero where missing; sum of squares and mean; outliers, all that is missing, what is believed."""
    own, facts = told
    counts, base = _counts(steps)
    low, high, n = 1, counts.size - 1, steps.size - counts[0]
    facts[0] = 0
    if rules[0] >= 0:
        low, high = _believed(counts, n, rules[0], rules[1])
        facts[0] = counts[1:low].sum() + counts[high + 1 :].sum()
    n -= facts[0]
    facts[1], facts[2], facts[3] = steps.size - n, base + low, high - low
    table = np.zeros(counts.size, scores.dtype)
    own[0] = _look_up_table(counts[low : high + 1], n, sums, table[low : high + 1])
    total = 0.0
    for level in range(low, high + 1):
        total += np.float64(counts[level]) * (base + level - 32768)
    own[1] = total / n if n > 0 else np.nan
    for row in range(steps.size):
        step = np.int64(steps[row])
        scores[row] = table[step - base if step > base else 0]


@numba.njit(cache=True, nogil=True)
def _counts(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Count every level; the first place is for what is missing. Return the counts, and the step that it stands for."""
    lowest, highest = np.uint16(65535), np.uint16(0)
    for k in range(values.size):
        highest = max(highest, values[k])
        # Zero, which is missing, becomes the largest.
        lowest = min(lowest, np.uint16(values[k] - np.uint16(1)))
    if highest == 0:
        return np.full(1, values.size, np.int64), 0
    base = np.int64(lowest)
    counts = np.zeros(highest - base + 1, np.int64)
    for k in range(values.size):
        counts[max(np.int64(values[k]), base) - base] += 1
    return counts, int(base)


@numba.njit(cache=True, nogil=True)
def _believed(counts: np.ndarray, n: int, reach: float, min_levels: int) -> tuple[int, int]:
    """Return the first and the last level that are no outliers."""
    low, high = 1, counts.size - 1
    if (counts[1:] > 0).sum() < max(min_levels, 2):
        return low, high
    middle, deviation = _median_and_deviation(counts, n)
    if deviation == 0:
        deviation = _standard_deviation(counts, n) / 1.48
    while middle - low > reach * deviation:
        low += 1
    while high - middle > reach * deviation:
        high -= 1
    return low, high


@numba.njit(cache=True, nogil=True)
def _median_and_deviation(counts: np.ndarray, n: int) -> tuple[float, float]:
    """Return the median and the median absolute deviation, both in levels."""
    below, twice, level = 0, 0, 1
    for rank in ((n - 1) // 2, n // 2):
        while below + counts[level] <= rank:
            below += counts[level]
            level += 1
        twice += level
    # Outward from the median, always to the nearer of the two next levels; distances doubled, so that they are whole.
    left = twice // 2
    right = left + 1
    inside, distance, total = 0, 0, 0
    for rank in ((n - 1) // 2, n // 2):
        while inside <= rank:
            down, up = twice - 2 * left, 2 * right - twice
            if right >= counts.size or (left >= 1 and down <= up):
                inside, distance, left = inside + counts[left], down, left - 1
            else:
                inside, distance, right = inside + counts[right], up, right + 1
        total += distance
    return twice / 2, total / 4


@numba.njit(cache=True, nogil=True)
def _standard_deviation(counts: np.ndarray, n: int) -> float:
    mean, total = 0.0, 0.0
    for level in range(1, counts.size):
        mean += counts[level] / n * level
    for level in range(1, counts.size):
        total += counts[level] / n * (level - mean) ** 2
    return np.sqrt(total)


@numba.njit(cache=True, nogil=True)
def _look_up_table(counts: np.ndarray, n: int, sums: ScoreSums, table: np.ndarray) -> float:
    """Write the score of every level that occurs; return the sum of squares over all subjects."""
    rank, before, squares, constant = 0, 0.0, 0.0, anchor(n, sums)
    for level in range(counts.size):
        count = counts[level]
        if count > 0:
            rank += count
            after = sum_up_to(rank, n, sums, constant)
            table[level] = (after - before) / count
            squares += count * np.float64(table[level]) ** 2
            before = after
    return squares


@numba.njit(cache=True, nogil=True)
def _list_missing(turned: np.ndarray, facts: np.ndarray, starts: np.ndarray, missing: np.ndarray) -> None:
    """List where steps are missing or outside of what is believed; a look at many at once tells where to look."""
    for voxel in range(turned.shape[0]):
        place, steps = starts[voxel], turned[voxel]
        # What is below the lowest wraps around, and is beyond the range, too.
        lowest, span = np.uint16(facts[voxel, 2]), np.uint16(max(facts[voxel, 3], 0))
        for start in range(0, steps.size if starts[voxel + 1] > place else 0, LOOK):
            some = steps[start : start + LOOK]
            beyond = np.uint16(0)
            for k in range(some.size):
                beyond = max(beyond, np.uint16(some[k] - lowest))
            for k in range(some.size if beyond > span else 0):
                if np.uint16(some[k] - lowest) > span:
                    missing[place] = start + k
                    place += 1
