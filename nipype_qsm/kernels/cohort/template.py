"""Templates of a cohort: average, variance and coverage of each voxel, and the difference of two groups.

All come from exact sums (`unit_sums`), so that neither the order of the subjects nor how they were shared out to nodes
changes a bit. The variance is taken about a whole number near the mean, so that nothing cancels. Where too few of the
subjects have a value there is none: the edge of a brain in a template's space is that of few people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.kernels.cohort.unit_sums import Sums


class Template(NamedTuple):
    """What a group of subjects has in common, voxel by voxel.

    Parameters
    ----------
    average : (voxels,) float32 array, unit
    variance : (voxels,) float32 array, unit squared
        Between subjects, n - 1.
    coverage : (voxels,) float32 array
        Share of the subjects who have a value.
    """

    average: np.ndarray
    variance: np.ndarray
    coverage: np.ndarray


def template(sums: Sums, *, scale: float = 1.0, min_coverage: float = 0.5) -> Template:
    """Average maps.

    Parameters
    ----------
    sums : Sums
    scale : float, unit
        Of one step.
    min_coverage : float, 0 to 1
        Share of the subjects who must have a value; elsewhere average and variance are 0. 0 takes every voxel that
        anybody has.

    Returns
    -------
    Template

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    mean = _mean(sums)
    enough = covered(sums, min_coverage)
    # Whole numbers up to here: exact.
    near = np.rint(mean).astype(np.int64)
    total = sums.total - sums.known * near
    squares = sums.squares - 2 * near * sums.total + sums.known * near**2
    spread = squares - total.astype(np.float64) ** 2 / np.maximum(sums.known, 1)
    variance = np.where(enough & (sums.known > 1), spread / np.maximum(sums.known - 1, 1), 0)
    return Template(
        np.where(enough, mean * scale, 0).astype(np.float32),
        (variance * scale**2).astype(np.float32),
        (sums.known / max(sums.n_subjects, 1)).astype(np.float32),
    )


def difference(later: Sums, earlier: Sums, *, scale: float = 1.0, min_coverage: float = 0.5) -> np.ndarray:
    """Subtract the average of one group from that of another, such as young people's from old people's.

    Parameters
    ----------
    later, earlier : Sums
        later minus earlier.
    scale : float, unit
        Of one step.
    min_coverage : float, 0 to 1
        In both groups; elsewhere the difference is 0.

    Returns
    -------
    difference : (voxels,) float32 array, unit
    """
    enough = covered(later, min_coverage) & covered(earlier, min_coverage)
    return np.where(enough, (_mean(later) - _mean(earlier)) * scale, 0).astype(np.float32)


def covered(sums: Sums, min_coverage: float) -> np.ndarray:
    """Tell where enough of the subjects have a value.

    Parameters
    ----------
    sums : Sums
    min_coverage : float, 0 to 1
    """
    return (sums.known > 0) & (sums.known >= min_coverage * sums.n_subjects)


def _mean(sums: Sums) -> np.ndarray:
    return sums.total / np.maximum(sums.known, 1)
