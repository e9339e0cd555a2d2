"""Peaks: the independent associations of one trait.

Neighbouring variants are inherited together, so that one cause lights up many. Of all variants beyond a threshold the
strongest is a peak and takes everything within a quarter of a centimorgan with it; and so on, chromosome by chromosome.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.kernels.genetics.genetic_map import GeneticMap
from nipype_qsm.kernels.genetics.greedy import greedy


class Peaks(NamedTuple):
    """One entry a peak, chromosome by chromosome, strongest first."""

    lead: np.ndarray
    n_variants: np.ndarray
    cm: np.ndarray


def peaks(
    chrom: np.ndarray,
    pos: np.ndarray,
    mlog10p: np.ndarray,
    genetic_map: GeneticMap,
    *,
    threshold: float = 7.5,
    radius: float = 0.25,
) -> Peaks:
    """Find the independent associations of one trait.

    Parameters
    ----------
    chrom : (variants,) str array
    pos : (variants,) int array, bases
    mlog10p : (variants,) float array
        -log10 P; NaN is never a peak.
    genetic_map : GeneticMap
    threshold : float, -log10 P
        Weaker associations are not looked at. 7.5 is genome-wide, 9.06 the same for 36 traits.
    radius : float, cM
        Larger gives fewer peaks.

    Returns
    -------
    lead : (peaks,) int array
        Index of the variant.
    n_variants : (peaks,) int array
        Variants beyond the threshold that belong to the peak, itself included.
    cm : (peaks,) float array

    References
    ----------
    Smith et al. 2021, doi:10.1038/s41593-021-00826-4
    """
    strong = np.flatnonzero(np.nan_to_num(mlog10p, nan=-1) >= threshold)
    leads: list[int] = []
    counts: list[int] = []
    places: list[float] = []
    names = np.asarray(chrom, str)[strong]
    for name in dict.fromkeys(names.tolist()):
        own = strong[names == name]
        cm = genetic_map.cm(np.full(own.size, name), np.asarray(pos)[own])
        owner = greedy(cm, np.asarray(mlog10p)[own], radius)
        found, sizes = np.unique(owner, return_counts=True)
        order = np.argsort(-np.asarray(mlog10p, float)[own[found]], kind="stable")
        leads += own[found[order]].tolist()
        counts += sizes[order].tolist()
        places += cm[found[order]].tolist()
    return Peaks(np.array(leads, int), np.array(counts, int), np.array(places, float))
