"""Which discoveries are found again in other people, and how many are of one kind of trait or shared.

A peak replicates at the nominal level if its P in the other people is below 0.05. Counts are made of peaks a kind of
trait (QSM, T2*) and of clusters that hold traits of one kind only or of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class ReplicationTable(NamedTuple):
    """Counts."""

    replicated: np.ndarray
    same_direction: np.ndarray
    rows: list[dict[str, object]]


def replication_table(
    mlog10p: np.ndarray,
    beta: np.ndarray,
    beta_discovery: np.ndarray,
    kinds: Sequence[str],
    owner: np.ndarray | None = None,
    *,
    nominal: float = 0.05,
) -> ReplicationTable:
    """Count what replicates.

    Parameters
    ----------
    mlog10p, beta : (peaks,) float array
        In the replication; NaN where the variant was not tested there, which is no replication.
    beta_discovery : (peaks,) float array
    kinds : sequence of str
        Kind of each peak's trait.
    owner : (peaks,) int array, optional
        Cluster of each peak; without it clusters are not counted.
    nominal : float
        Level of P.

    Returns
    -------
    replicated : (peaks,) bool array
    same_direction : (peaks,) bool array
        The effect has the same sign in both.
    rows : list of dict
        what (peaks or clusters), kind, n, n_replicated.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    with np.errstate(invalid="ignore"):
        replicated = np.asarray(mlog10p, float) > -np.log10(nominal)
        same = np.sign(beta) == np.sign(beta_discovery)
    kind = np.asarray(kinds, str)
    rows: list[dict[str, object]] = [
        {"what": "peaks", "kind": name, "n": int((kind == name).sum())}
        | {"n_replicated": int(replicated[kind == name].sum())}
        for name in dict.fromkeys(kind.tolist())
    ]
    if owner is not None and kind.size:
        held: dict[str, list[bool]] = {}
        for lead in np.unique(owner):
            own = owner == lead
            names = sorted(set(kind[own].tolist()))
            held.setdefault(f"{names[0]} only" if len(names) == 1 else "shared", []).append(bool(replicated[own].any()))
        rows += [
            {"what": "clusters", "kind": name, "n": len(one), "n_replicated": sum(one)}
            for name, one in sorted(held.items())
        ]
        whole = [one for each in held.values() for one in each]
        rows.append({"what": "clusters", "kind": "all", "n": len(whole), "n_replicated": sum(whole)})
    return ReplicationTable(replicated, same & replicated, rows)
