"""Clusters: peaks of many traits that share a place in the genome.

The same greedy rule as for peaks, over the peaks of all traits together: the strongest pair of variant and trait
leads, and every pair within a quarter of a centimorgan of it belongs to its cluster. A cluster replicates if any of
its members does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.kernels.genetics.genetic_map import GeneticMap
from nipype_qsm.kernels.genetics.greedy import greedy


class Clusters(NamedTuple):
    """One entry a cluster; `owner` has one a peak."""

    lead: np.ndarray
    n_members: np.ndarray
    n_nominal: np.ndarray
    owner: np.ndarray


def clusters(
    chrom: np.ndarray,
    pos: np.ndarray,
    mlog10p: np.ndarray,
    genetic_map: GeneticMap,
    nominal: np.ndarray,
    *,
    radius: float = 0.25,
) -> Clusters:
    """Gather the peaks of all traits into clusters.

    Parameters
    ----------
    chrom : (peaks,) str array
    pos : (peaks,) int array, bases
    mlog10p : (peaks,) float array
    genetic_map : GeneticMap
    nominal : (peaks,) bool array
        Whether each peak replicated.
    radius : float, cM
        Larger gives fewer clusters.

    Returns
    -------
    lead : (clusters,) int array
        Index of the peak that leads; X first, then by number, strongest first, as the published tool writes them.
    n_members : (clusters,) int array
        Peaks of the cluster, the lead included.
    n_nominal : (clusters,) int array
        Those of them that replicated.
    owner : (peaks,) int array
        Index of the peak that leads each one's cluster.

    References
    ----------
    Smith et al. 2021, doi:10.1038/s41593-021-00826-4
    """
    names, strength = np.asarray(chrom, str), np.asarray(mlog10p, float)
    known = np.asarray(nominal, bool)
    owner = np.full(names.size, -1)
    for name in np.unique(names):
        own = np.flatnonzero(names == name)
        cm = genetic_map.cm(names[own], np.asarray(pos)[own])
        owner[own] = own[greedy(cm, strength[own], radius)]
    ordered = sorted(set(owner.tolist()), key=lambda one: (_as_published(str(names[one])), -strength[one], one))
    leads = np.array(ordered, dtype=int)
    place = {lead: row for row, lead in enumerate(leads.tolist())}
    rows = np.array([place[one] for one in owner.tolist()], dtype=int)
    members = np.bincount(rows, minlength=leads.size)
    replicated = np.bincount(rows, weights=known, minlength=leads.size).astype(int)
    return Clusters(leads, members, replicated, owner)


def _as_published(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (0 if name == "X" else 99, name)
