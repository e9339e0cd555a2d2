"""Leads and what stands near them, strongest first.

The strongest association is a lead; all associations nearer than a radius on the genetic map belong to it and are taken
away; the strongest of what is left is the next lead. A lead that stands alone is kept.
"""

from __future__ import annotations

import numpy as np


def greedy(place: np.ndarray, strength: np.ndarray, radius: float) -> np.ndarray:
    """Assign each association to its lead.

    Parameters
    ----------
    place : (n,) float array, cM
        On one chromosome.
    strength : (n,) float array, -log10 P
        Of equals the first is stronger.
    radius : float, cM
        What is nearer than this belongs to the lead.

    Returns
    -------
    owner : (n,) int array
        Index of the lead; a lead owns itself.
    """
    along = np.argsort(place, kind="stable")
    ordered = place[along]
    owner_along = np.full(place.size, -1)
    rank = np.empty(place.size, int)
    rank[along] = np.arange(place.size)
    for lead in np.argsort(-np.asarray(strength, float), kind="stable"):
        if owner_along[rank[lead]] >= 0:
            continue
        here = place[lead]
        first = np.searchsorted(ordered, here - radius, "left")
        last = np.searchsorted(ordered, here + radius, "right")
        part = slice(first, last)
        near = (owner_along[part] < 0) & ((np.abs(ordered[part] - here) < radius) | (ordered[part] == here))
        owner_along[part][near] = lead
    owner = np.empty(place.size, int)
    owner[along] = owner_along
    return owner
