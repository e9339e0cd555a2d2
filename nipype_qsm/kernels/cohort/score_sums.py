"""Sums of normal scores up to a rank, for any number of ranks, without a quantile a rank.

Equal values share the mean of the scores that their ranks would have had, so what is needed is the sum of scores up to
a rank. Near the ends the scores are added one by one. Between, the midpoint rule of Euler and Maclaurin gives the sum
from the normal density at a quantile, and that is interpolated from a table made once for the largest number of ranks.
Both together are exact to ten digits.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from scipy.special import ndtri

DIRECT = 32
"""Ranks from either end whose scores are added one by one."""


class ScoreSums(NamedTuple):
    """What sums of normal scores are interpolated from.

    Parameters
    ----------
    first : (largest n + 1, DIRECT + 1) float64 array
        Sums of the scores of the first ranks, for every number of ranks.
    nodes : (n_nodes, 3) float64 array
        At the upper edge of every rank of the largest n: normal density, deviate, and one over the density.
    offset : float, dimensionless
        c in (rank - c) / (n - 2 c + 1).
    """

    first: np.ndarray
    nodes: np.ndarray
    offset: float


def score_sums(largest: int, offset: float = 0.375) -> ScoreSums:
    """Prepare sums of normal scores.

    Parameters
    ----------
    largest : int
        Number of ranks that is never exceeded.
    offset : float, dimensionless, 0 to 0.5
        3/8 is Blom's.

    Returns
    -------
    sums : ScoreSums

    References
    ----------
    Blom 1958, doi:10.2307/2282098
    """
    n = np.maximum(np.arange(largest + 1), 1)[:, None]
    first = np.zeros((largest + 1, DIRECT + 1))
    share = (np.arange(1, DIRECT + 1) - offset) / (n - 2 * offset + 1)
    # Ranks beyond the middle are reached from the other end, and never asked for.
    first[:, 1:] = np.cumsum(np.where(share < 0.75, ndtri(np.minimum(share, 0.75)), 0), axis=1)
    edges = (np.arange(largest // 2 + 3) + 0.5 - offset) / (largest - 2 * offset + 1)
    deviate = ndtri(np.clip(edges, 1e-12, 1 - 1e-12))  # the ends are never asked for
    density = np.exp(-0.5 * deviate**2) / np.sqrt(2 * np.pi)
    return ScoreSums(first, np.stack([density, deviate, 1 / density], axis=1), float(offset))


@numba.njit(cache=True, nogil=True)
def anchor(n: int, sums: ScoreSums) -> float:
    """Return the constant that joins what is added one by one to what is interpolated.

    Parameters
    ----------
    n : int
        Ranks in all.
    sums : ScoreSums
    """
    last = min(DIRECT, n // 2)
    return sums.first[n, last] - (_antiderivative(last, n, sums) if n > 2 * DIRECT else 0.0)


@numba.njit(cache=True, nogil=True)
def sum_up_to(rank: int, n: int, sums: ScoreSums, constant: float) -> float:
    """Return the sum of the normal scores of the ranks 1 to `rank` of n.

    Parameters
    ----------
    rank : int, 0 to n
    n : int
        At most the largest of `sums`.
    sums : ScoreSums
    constant : float
        The `anchor` of n.
    """
    # Scores are antisymmetric: what is above a rank cancels what is as far below the middle.
    rank = min(rank, n - rank)
    return sums.first[n, rank] if rank <= DIRECT else constant + _antiderivative(rank, n, sums)


@numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp"})
def _antiderivative(rank: int, n: int, sums: ScoreSums) -> float:
    """Return the sum up to a rank, up to a constant: an integral and two corrections of the midpoint rule."""
    steps = n - 2 * sums.offset + 1
    width = 1 / (sums.first.shape[0] - 2 * sums.offset)
    place = (rank + 0.5 - sums.offset) / steps / width - 0.5 + sums.offset
    node = min(int(place), sums.nodes.shape[0] - 2)
    t = place - node
    density, left, inverse = sums.nodes[node]
    density_right, right, inverse_right = sums.nodes[node + 1]
    # The density is interpolated with two derivatives at both ends (-deviate and -1/density), its
    # inverse with one.
    u = 1 - t
    bend, bend_right = 0.5 * width**2 * inverse, 0.5 * width**2 * inverse_right
    found = u**3 * (density * (1 + 3 * t + 6 * t * t) - width * left * t * (1 + 3 * t) - bend * t * t)
    found += t**3 * (density_right * (1 + 3 * u + 6 * u * u) + width * right * u * (1 + 3 * u) - bend_right * u * u)
    slope, slope_right = width * left * inverse**2, width * right * inverse_right**2
    inverse = u * u * (inverse * (1 + 2 * t) + slope * t) + t * t * (inverse_right * (1 + 2 * u) - slope_right * u)
    deviate, inverse = u * left + t * right, inverse / steps
    return -steps * found - inverse / 24 + 7 / 5760 * (1 + 2 * deviate * deviate) * inverse**3
