"""Everything about subjects that an association with every voxel needs, worked out once.

Phenotypes are regressed on the confounds, each over the subjects who have it, and genetic variants on the confounds and
the genetic components. What is left of them is orthogonal to the confounds, so that a voxel needs its products with
these residuals and with an orthonormal basis of the confounds, and nothing else of 35,000 subjects.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.confound_basis import ConfoundBasis, confound_basis
from nipype_qsm.kernels.cohort.deconfound import deconfound


class VoxelDesign(NamedTuple):
    """Subjects, confounds and what is correlated with the voxels.

    Parameters
    ----------
    rows : (n_subjects,) int array
        Subjects who have every confound: places in what was given.
    q : (n_subjects, rank + 1) float64 array
        Orthonormal; spans the constant and the confounds.
    residuals : (n_subjects, variables) float64 array
        Phenotypes, then variants, without the confounds; NaN where missing, and in variables that cannot be used.
    rank : (variables,) int array
        Confounds that were independent over each variable's subjects.
    reason : list of str
        Why a variable cannot be used; empty where it can.
    """

    rows: np.ndarray
    q: np.ndarray
    residuals: np.ndarray
    rank: np.ndarray
    reason: list[str]

    @property
    def basis(self) -> ConfoundBasis:
        """Return the confounds as other kernels of the room take them."""
        return ConfoundBasis(self.q, np.ones(self.rows.size, bool), self.q.shape[1] - 1)


def voxel_design(
    phenotypes: np.ndarray,
    confounds: np.ndarray | None = None,
    variants: np.ndarray | None = None,
    components: np.ndarray | None = None,
    *,
    n_components: int | None = None,
    min_dof: int = 1,
) -> VoxelDesign:
    """Take confounds out of phenotypes and variants, and prepare the same for voxels.

    Parameters
    ----------
    phenotypes : (subjects, phenotypes) float array
        NaN where missing.
    confounds : (subjects, confounds) float array, optional
        Subjects with a gap are left out; without confounds only the mean is taken out.
    variants : (subjects, variants) float array, optional
        Dosages of the effect allele, 0 to 2.
    components : (subjects, components) float array, optional
        Genetic principal components, taken out of the variants together with the confounds; a variant is correlated
        over the subjects who have them.
    n_components : int, optional
        Replace the confounds by that many of their principal components.
    min_dof : int
        Variables with fewer degrees of freedom (n - 2 - rank) are refused.

    Returns
    -------
    rows : (n_subjects,) int array
    q : (n_subjects, rank + 1) float64 array
    residuals : (n_subjects, variables) float64 array
    rank : (variables,) int array
    reason : list of str

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w; Frisch and Waugh 1933, doi:10.2307/1907330
    """
    given = {"phenotypes": phenotypes, "confounds": confounds, "variants": variants, "components": components}
    sizes = {name: len(one) for name, one in given.items() if one is not None}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise QSMError(f"The tables have different numbers of subjects: {told}.", remedy="Join them by subject first.")
    known = np.zeros((len(phenotypes), 0)) if confounds is None else np.asarray(confounds, np.float64)
    basis = confound_basis(known, n_components=n_components)
    rows = np.flatnonzero(basis.rows)
    # Over all of these subjects the basis says the same as the confounds, and is made once.
    q = basis.q[rows]
    parts = [deconfound(np.asarray(phenotypes, np.float64)[rows], q[:, 1:], min_dof=min_dof)]
    if variants is not None:
        more = q[:, 1:] if components is None else np.hstack([q[:, 1:], np.asarray(components, np.float64)[rows]])
        parts.append(deconfound(np.asarray(variants, np.float64)[rows], more, min_dof=min_dof))
    return VoxelDesign(
        rows,
        q,
        np.hstack([part.residuals for part in parts]),
        np.concatenate([part.rank for part in parts]),
        [reason for part in parts for reason in part.reason],
    )
