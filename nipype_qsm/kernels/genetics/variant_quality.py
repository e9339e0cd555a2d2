"""Is a variant fit for an association: frequency, imputation information, missing people, Hardy-Weinberg equilibrium.

All of it follows from sums that are made while a variant is decoded, so it costs no second pass. The information is
IMPUTE's: one minus the mean uncertainty of a person's allele count over the variance expected from the frequency; of
allele counts alone it is their variance an allele over the expected one, people with one copy included. The
Hardy-Weinberg test is the exact one, over the genotype counts of diploid people after rounding; its sum starts at the
most likely count of heterozygotes and stops when terms no longer matter, so that it costs microseconds at any size.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np


class VariantQuality(NamedTuple):
    """One value a variant."""

    af: np.ndarray
    info: np.ndarray
    hwe: np.ndarray
    missing: np.ndarray
    n: np.ndarray


def variant_quality(sums: np.ndarray, n_people: int, *, probabilities: bool = True) -> VariantQuality:
    """Rate variants from the sums made while decoding them.

    Parameters
    ----------
    sums : (variants, 8) float array
        Of each variant, as `probabilities.Sums` names them.
    n_people : int
    probabilities : bool
        Whether the file held genotype probabilities; with allele counts alone the information is the variance ratio.

    Returns
    -------
    af : (variants,) float array
        Frequency of the effect allele, 0 to 1.
    info : (variants,) float array
        1 is certain; NaN where one allele is absent.
    hwe : (variants,) float array
        Exact P, mid-P not applied; 1 where nobody is diploid.
    missing : (variants,) float array
        Fraction of people without a genotype.
    n : (variants,) int array

    References
    ----------
    Marchini and Howie 2010, doi:10.1038/nrg2796; Wigginton et al. 2005, doi:10.1086/429864
    """
    observed, alleles = sums[:, 0], sums[:, 4]
    with np.errstate(invalid="ignore", divide="ignore"):
        af = sums[:, 1] / alleles
        expected = alleles * af * (1 - af)
        if probabilities:
            info = 1 - sums[:, 3] / expected
        else:
            info = (sums[:, 2] / 2 - sums[:, 1] ** 2 / alleles) / (observed * af * (1 - af))
    info[expected <= 0] = np.nan
    hwe = exact_hwe(np.rint(sums[:, 5:8]).astype(np.int64))
    return VariantQuality(af, info, hwe, 1 - observed / max(n_people, 1), observed.astype(np.int64))


@numba.njit(cache=True, nogil=True)
def exact_hwe(counts: np.ndarray) -> np.ndarray:
    """Return the exact P of Hardy-Weinberg equilibrium.

    Parameters
    ----------
    counts : (variants, 3) int array
        Heterozygotes, homozygotes of one and of the other allele.

    Returns
    -------
    p : (variants,) float array
    """
    found = np.ones(counts.shape[0])
    for row in range(counts.shape[0]):
        het, first, second = counts[row]
        n = het + first + second
        rare = min(2 * first + het, 2 * second + het)
        if n == 0 or rare == 0:
            continue
        middle = np.int64(rare * (2.0 * n - rare) / (2.0 * n))
        middle += (middle ^ rare) & 1
        found[row] = _tail(het, rare, n, min(middle, rare))
    return found


@numba.njit(cache=True, nogil=True)
def _tail(het: int, rare: int, n: int, middle: int) -> float:
    # Terms relative to the one at `middle`; first the observed one, then all that are not larger than it.
    own = 1.0
    for h in range(middle, het, 2):
        own *= 4.0 * ((rare - h) / 2) * (n - h - (rare - h) / 2) / ((h + 2.0) * (h + 1.0))
    for h in range(middle, het, -2):
        own *= h * (h - 1.0) / (4.0 * ((rare - h) / 2 + 1) * (n - h - (rare - h) / 2 + 1))
    limit = own * (1 + 1e-9)
    total = 1.0
    tail = 1.0 if limit >= 1 else 0.0
    term = 1.0
    for h in range(middle, rare, 2):
        term *= 4.0 * ((rare - h) / 2) * (n - h - (rare - h) / 2) / ((h + 2.0) * (h + 1.0))
        total += term
        tail += term if term <= limit else 0.0
        if term < 1e-18 and term < limit * 1e-12:
            break
    term = 1.0
    for h in range(middle, 1, -2):
        term *= h * (h - 1.0) / (4.0 * ((rare - h) / 2 + 1) * (n - h - (rare - h) / 2 + 1))
        total += term
        tail += term if term <= limit else 0.0
        if term < 1e-18 and term < limit * 1e-12:
            break
    return min(tail / total, 1.0)
