"""Thresholds for many tests, in -log10 P.

P values stay as they are and the threshold moves. Bonferroni bounds the chance of a single false finding among all
tests; Benjamini and Hochberg's rule bounds the expected share of false ones among the findings, and depends on the P
values. All is done in logarithms, so that P values too small for a number keep their order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Significance(NamedTuple):
    """Two thresholds of -log10 P, and how many tests pass them."""

    bonferroni: float
    fdr: float
    n_tests: int
    n_bonferroni: int
    n_fdr: int


def significance(
    mlog10p: np.ndarray, *, alpha: float = 0.05, q: float = 0.05, n_tests: int | None = None
) -> Significance:
    """Find the thresholds that many tests ask for.

    Parameters
    ----------
    mlog10p : float array
        -log10 P of every test; NaN for tests that could not be made, which do not count.
    alpha : float, 0 to 1
        Chance of one false finding or more that Bonferroni's threshold allows.
    q : float, 0 to 1
        Share of false findings that the false-discovery-rate threshold allows.
    n_tests : int, optional
        Count them as this many tests, where those given are a part of all.

    Returns
    -------
    bonferroni : float
        -log10(alpha / n_tests); 7.10 for 629,460 tests.
    fdr : float
        The smallest -log10 P among the findings; infinite where there is none.
    n_tests, n_bonferroni, n_fdr : int
        Tests, and those at or above each threshold.

    References
    ----------
    Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    present = np.sort(np.asarray(mlog10p, np.float64)[~np.isnan(mlog10p)])[::-1]
    m = n_tests or present.size
    if m == 0:
        return Significance(np.nan, np.inf, 0, 0, 0)
    bonferroni = float(np.log10(m) - np.log10(alpha))
    passed = np.flatnonzero(present >= np.log10(m) - np.log10(q) - np.log10(np.arange(1, present.size + 1)))
    fdr = float(present[passed[-1]]) if passed.size else np.inf
    return Significance(bonferroni, fdr, m, int((present >= bonferroni).sum()), int((present >= fdr).sum()))


def familywise(threshold: float, n: int) -> float:
    """Raise a threshold of -log10 P for n families of tests: 7.5 for one trait is 9.06 for 36.

    Parameters
    ----------
    threshold : float
        -log10 P that one family asks for.
    n : int
        Families.
    """
    return threshold + float(np.log10(n))
