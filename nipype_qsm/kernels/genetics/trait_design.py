"""Everything about the traits that a scan of the genome needs, worked out once.

Regressing a trait on a genotype and covariates is regressing what the covariates leave of the trait on what they leave
of the genotype. The first does not depend on the variant: it is done here, over exactly the people who have the trait.
For the second, the covariates are an orthonormal basis; a variant's products with all traits and with the basis are one
matrix product, and traits with different people missing differ by sums over those few people. So every trait gets its
own exact regression, at the price of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.confound_basis import ConfoundBasis, RowBasis, columns_by_rows, confound_basis


@dataclass(frozen=True)
class Pattern:
    """Traits that the same people have.

    Parameters
    ----------
    traits : (t,) int array
    observed : (people,) bool array
    root : (rank of q, rank) float array
        The basis times it is orthonormal over these people.
    few : (m,) int array
        People who are missing, or those who are not, whichever are fewer.
    few_q : (m, rank of q) float32 array
    are_missing : bool
    """

    traits: np.ndarray
    observed: np.ndarray
    root: np.ndarray
    few: np.ndarray
    few_q: np.ndarray
    are_missing: bool


@dataclass(frozen=True)
class TraitDesign:
    """Traits and covariates, ready for a scan.

    Parameters
    ----------
    weights : (people, traits + rank of q) float32 array
        Traits after the covariates were taken out, unit variance, zero where missing; then the basis.
    n_traits : int
    scale : (traits,) float array
        Standard deviation by which each trait was divided: effects are multiplied by it.
    sum_squares : (traits,) float array
    n, dof : (traits,) int array
    patterns : tuple of Pattern
    reason : tuple of str
        Why a trait cannot be tested; empty where it can.
    """

    weights: np.ndarray
    n_traits: int
    scale: np.ndarray
    sum_squares: np.ndarray
    n: np.ndarray
    dof: np.ndarray
    patterns: tuple[Pattern, ...]
    reason: tuple[str, ...]


def trait_design(
    traits: np.ndarray, covariates: np.ndarray | None = None, *, standardise: bool = False, from_genotypes: bool = True
) -> TraitDesign:
    """Take covariates out of traits and prepare the scan.

    Parameters
    ----------
    traits : (people, traits) float array
        NaN where missing.
    covariates : (people, covariates) float array, optional
        People without one of them are left out; the constant is always there.
    standardise : bool
        Divide each trait by its standard deviation after the covariates were taken out.
    from_genotypes : bool
        Take the covariates out of the genotypes, too: the exact regression. Otherwise out of the traits alone, as
        published, which is smaller by the share of the genotype that the covariates explain.

    Returns
    -------
    design : TraitDesign
    """
    traits = np.asarray(traits, float)
    n_people, n_traits = traits.shape
    known = np.zeros((n_people, 0)) if covariates is None else np.asarray(covariates, float)
    basis = confound_basis(known)
    alone = basis if from_genotypes else confound_basis(np.where(basis.rows, 0.0, np.nan)[:, None])
    q = alone.q
    weights = np.zeros((n_people, n_traits + q.shape[1]), np.float32)
    weights[:, n_traits:] = q
    scale, sum_squares = np.full(n_traits, np.nan), np.full(n_traits, np.nan)
    n, dof, reason = np.zeros(n_traits, int), np.zeros(n_traits, int), [""] * n_traits
    patterns = []
    known = ~np.isnan(traits) & basis.rows[:, None]
    for sharing in columns_by_rows(known):
        observed = known[:, sharing[0]]
        n[sharing] = observed.sum()
        rows = basis.of_rows(observed)
        own = rows if from_genotypes else alone.of_rows(observed)
        dof[sharing] = n[sharing] - own.rank - 2
        if observed.sum() - rows.rank - 2 < 1:
            for column in sharing:
                reason[column] = f"{observed.sum()} people are too few for {rows.rank} covariates"
            continue
        left = rows.residuals(traits[np.ix_(observed, sharing)], basis)
        spread = left.std(axis=0, ddof=1)
        before = traits[np.ix_(observed, sharing)].std(axis=0)
        for place, column in enumerate(sharing):
            if spread[place] <= 1e-9 * max(before[place], 1e-300):
                reason[column] = "nothing is left of it after the covariates"
        good = spread > 1e-9 * np.maximum(before, 1e-300)
        columns, left, spread = sharing[good], left[:, good], spread[good]
        if columns.size == 0:
            continue
        weights[np.ix_(observed, columns)] = left / spread
        sum_squares[columns] = np.einsum("ij,ij->j", left / spread, left / spread)
        scale[columns] = 1.0 if standardise else spread
        patterns.append(_pattern(columns, observed, own, q))
    return TraitDesign(weights, n_traits, scale, sum_squares, n, dof, tuple(patterns), tuple(reason))


def _pattern(columns: np.ndarray, observed: np.ndarray, own: RowBasis, q: np.ndarray) -> Pattern:
    root = own.root
    if root is None:
        assert own.vectors is not None
        root = np.linalg.pinv(q[observed]) @ own.vectors
    are_missing = 2 * int(observed.sum()) >= observed.size
    few = np.flatnonzero(observed != are_missing)
    return Pattern(columns, observed, root, few, q[few].astype(np.float32), are_missing)


def require_people(design: TraitDesign, names: list[str]) -> list[str]:
    """Refuse a design in which no trait can be tested; return a sentence for each that cannot.

    Parameters
    ----------
    design : TraitDesign
    names : list of str
    """
    told = [f"{name}: {reason}" for name, reason in zip(names, design.reason, strict=True) if reason]
    if len(told) == len(names):
        raise QSMError(
            f"No trait can be tested ({told[0]}).",
            remedy="Check that ids of traits, covariates and genotypes are the same, and give fewer covariates.",
        )
    return told


__all__ = ["ConfoundBasis", "Pattern", "TraitDesign", "require_people", "trait_design"]
