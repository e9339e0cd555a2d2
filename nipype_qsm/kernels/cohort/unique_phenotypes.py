"""Count what was found, each thing once.

A phenotype that was measured at three visits and correlates with eight regions is one finding, not twenty-four. Tests
are pooled over visits, repeats and regions, and counted for each modality (susceptibility, T2*), for those that only
one of them sees, and for each category.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError


class UniquePhenotypes(NamedTuple):
    """One entry a category, and the last for all of them."""

    category: list[str]
    n_tested: np.ndarray
    n_first: np.ndarray
    n_second: np.ndarray
    n_both: np.ndarray
    n_pairs: np.ndarray
    largest: np.ndarray
    strongest: list[str]


def unique_phenotypes(
    mlog10p: np.ndarray,
    phenotypes: Sequence[str],
    first: np.ndarray,
    categories: Sequence[str] | None = None,
    *,
    threshold: float = 7.1,
) -> UniquePhenotypes:
    """Count phenotypes that pass a threshold, visits and regions pooled, for each category and modality.

    Parameters
    ----------
    mlog10p : (idps, phenotypes) float array
        NaN where there was no test.
    phenotypes : sequence of str
        Names of the columns; those that differ in visit and repeat alone (`4080-2.0`, `f.4080.3.1`) are one.
    first : (idps,) bool array
        Rows of the first modality; the others are the second's.
    categories : sequence of str, optional
        Of each column.
    threshold : float
        -log10 P.

    Returns
    -------
    category : list of str
        Sorted, and `all` at the end.
    n_tested : int array
        Phenotypes with a test.
    n_first, n_second, n_both : int array
        Phenotypes that pass in the first modality, in the second, in both.
    n_pairs : int array
        Tests that pass, nothing pooled.
    largest : float array
        The largest -log10 P.
    strongest : list of str
        Its phenotype.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    if mlog10p.shape != (len(first), len(phenotypes)) or len(categories or phenotypes) != len(phenotypes):
        raise QSMError(
            f"mlog10p is {mlog10p.shape}, for {len(first)} idps, {len(phenotypes)} phenotypes and "
            f"{len(categories or phenotypes)} categories.",
            remedy="Give a row an idp and a column a phenotype.",
        )
    names = np.array([pooled_name(name) for name in phenotypes])
    groups = np.array([str(category) for category in categories or [""] * len(names)])
    filled = np.where(np.isnan(mlog10p), -1.0, mlog10p)
    wanted = [*sorted(set(groups.tolist()) - {""}), "all"]
    inside = [groups == one for one in wanted[:-1]] + [np.full(len(names), True)]
    rows = [_counted(filled[:, chosen], names[chosen], np.asarray(first, bool), threshold) for chosen in inside]
    tested, by_first, by_second, by_both, pairs, largest = (np.array([row[k] for row in rows]) for k in range(6))
    return UniquePhenotypes(wanted, tested, by_first, by_second, by_both, pairs, largest, [row[6] for row in rows])


def pooled_name(name: str) -> str:
    """Return a phenotype's name without visit and repeat: `4080-2.0`, `f.4080.2.0` and `x4080_2_0` are 4080.

    Parameters
    ----------
    name : str
    """
    found = re.fullmatch(r"(?:f\.|x|f)?(\d+)[-._]\d+[._]\d+", str(name))
    return found[1] if found else str(name)


def _counted(
    mlog10p: np.ndarray, names: np.ndarray, first: np.ndarray, threshold: float
) -> tuple[int, int, int, int, int, float, str]:
    if not mlog10p.size:
        return 0, 0, 0, 0, 0, np.nan, ""
    passed = mlog10p >= threshold
    by_first, by_second = set(names[passed[first].any(axis=0)]), set(names[passed[~first].any(axis=0)])
    tested = set(names[(mlog10p >= 0).any(axis=0)])
    best = int(mlog10p.max(axis=0).argmax())
    largest = float(mlog10p[:, best].max())
    sizes = len(tested), len(by_first), len(by_second), len(by_first & by_second), int(passed.sum())
    return (*sizes, largest if largest >= 0 else np.nan, str(names[best]) if largest >= 0 else "")
