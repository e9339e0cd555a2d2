"""Partial correlations over the common rows of every pair.

Regressing each variable over its own rows and correlating what is left (`separate`) is fast, and what UK Biobank does.
Here both are regressed over the rows that both have, which is the partial correlation exactly, with its exact degrees
of freedom, at the price of one regression for every pair of gap patterns.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.cohort.associate import REASONS, Associations
from nipype_qsm.kernels.cohort.confound_basis import confound_basis, rows_key
from nipype_qsm.kernels.cohort.log_p import mlog10p_from_r


def associate_jointly(
    idps: np.ndarray,
    phenotypes: np.ndarray,
    confounds: np.ndarray,
    *,
    n_components: int | None = None,
    min_subjects: int = 40,
    min_dof: int = 1,
) -> Associations:
    """Correlate all columns of two tables with the confounds held fixed, over the rows of each pair.

    Parameters
    ----------
    idps : (subjects, idps) float array
    phenotypes : (subjects, phenotypes) float array
    confounds : (subjects, confounds) float array
        A subject with a missing confound is left out.
    n_components : int, optional
        Replace the confounds by that many of their principal components.
    min_subjects : int
        Phenotypes known in fewer subjects are left out.
    min_dof : int
        Pairs with fewer degrees of freedom are left out.

    Returns
    -------
    associations : Associations
        As `associate`; dof is n - 2 - rank of the confounds on the pair's own rows.

    References
    ----------
    Fisher 1924, Metron 3:329-332; Frisch and Waugh 1933, doi:10.2307/1907330
    """
    basis = confound_basis(confounds, n_components=n_components)
    shape = idps.shape[1], phenotypes.shape[1]
    r, n, dof, reason = np.full(shape, np.nan), np.zeros(shape, int), np.zeros(shape, int), np.zeros(shape, np.int8)
    anyone = basis.rows & ~np.isnan(idps).all(axis=1)
    pairs: dict[bytes, list[tuple[int, int]]] = {}

    def common(idp: int, column: int) -> np.ndarray:
        return ~(np.isnan(phenotypes[:, column]) | np.isnan(idps[:, idp])) & basis.rows

    for column in range(shape[1]):
        few = (~np.isnan(phenotypes[:, column]) & anyone).sum() < min_subjects
        for idp in range(shape[0]):
            both = common(idp, column)
            n[idp, column] = both.sum()
            if few:
                reason[idp, column] = REASONS.index("fewer subjects than required")
            pairs.setdefault(rows_key(both), []).append((idp, column))
    for members in pairs.values():
        observed = common(*members[0])
        rows = basis.of_rows(observed)
        places = tuple(np.array(members).T)
        dof[places] = n[places] - 2 - rows.rank
        fine = [(i, p) for i, p in members if not reason[i, p] and dof[i, p] >= min_dof]
        if not fine:
            continue
        i, p = (np.unique(side, return_inverse=True) for side in np.array(fine).T)
        x = _unit(rows.residuals(idps[np.ix_(observed, i[0])], basis), idps[np.ix_(observed, i[0])])
        y = _unit(rows.residuals(phenotypes[np.ix_(observed, p[0])], basis), phenotypes[np.ix_(observed, p[0])])
        r[tuple(np.array(fine).T)] = np.clip((x.T @ y)[i[1], p[1]], -1, 1)
    reason[(reason == 0) & (dof < min_dof)] = REASONS.index("too few degrees of freedom")
    reason[(reason == 0) & np.isnan(r)] = REASONS.index("constant over the common subjects")
    return Associations(r, n, dof, mlog10p_from_r(r, dof), reason)


def _unit(residuals: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Scale residuals to length 1; NaN where nothing but rounding is left."""
    length = np.sqrt((residuals**2).sum(axis=0))
    before = np.sqrt(((values - values.mean(axis=0)) ** 2).sum(axis=0))
    return residuals / np.where(length > 1e-9 * np.maximum(before, np.finfo(float).tiny), length, np.nan)
