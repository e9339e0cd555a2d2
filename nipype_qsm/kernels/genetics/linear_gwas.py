"""Linear association of every variant with every trait, in one pass over the genotypes.

Decoding a genotype costs more than testing it, so all traits are tested on one decoding: a block of variants times
the matrix of traits and covariate basis gives every numerator at once. The denominators, and what changes where a
trait or a genotype is missing, are sums over few people. The result is that of a separate least-squares fit of each
trait on each variant and the covariates, over exactly the people who have all three.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numba
import numpy as np

from nipype_qsm.kernels.cohort.log_p import mlog10p_from_t
from nipype_qsm.kernels.genetics.log_p_table import LogPTable
from nipype_qsm.kernels.genetics.trait_design import Pattern, TraitDesign, trait_design

COLLINEAR = 1e-6  # of a variant's variance: what is left of it is rounding


class Association(NamedTuple):
    """One value a variant and trait; NaN where it cannot be tested."""

    beta: np.ndarray
    se: np.ndarray
    mlog10p: np.ndarray
    n: np.ndarray


def linear_gwas(
    genotypes: np.ndarray,
    traits: np.ndarray,
    covariates: np.ndarray | None = None,
    *,
    standardise: bool = False,
    from_genotypes: bool = True,
) -> Association:
    """Regress each trait on each variant, with covariates.

    Parameters
    ----------
    genotypes : (variants, people) float array
        Count of the effect allele, 0 to 2, hard or expected; NaN where missing.
    traits : (people, traits) float array
        NaN where missing.
    covariates : (people, covariates) float array, optional
        Without the constant, which is always there. People without one of them are left out.
    standardise : bool
        Divide each trait by its standard deviation after the covariates were taken out: effects are then in standard
        deviations.
    from_genotypes : bool
        Take the covariates out of the genotypes, too, which is the exact regression; otherwise out of the traits
        alone, as the published analyses did.

    Returns
    -------
    beta, se : (variants, traits) float array
        Unit of the trait (or standard deviations) per effect allele.
    mlog10p : (variants, traits) float array
        -log10 of the two-sided P.
    n : (variants, traits) int array

    References
    ----------
    Bycroft et al. 2018, doi:10.1038/s41586-018-0579-z (many traits on one decoding)
    """
    design = trait_design(traits, covariates, standardise=standardise, from_genotypes=from_genotypes)
    genotypes = np.atleast_2d(np.asarray(genotypes, float))
    absent = np.isnan(genotypes)
    centre = np.nanmean(np.where(absent.all(axis=1, keepdims=True), 0.0, genotypes), axis=1, keepdims=True)
    values = np.where(absent, 0, genotypes - centre).astype(np.float32)
    missing = {int(row): np.flatnonzero(absent[row]) for row in np.flatnonzero(absent.any(axis=1))}
    return Scan(design)(values, np.ones(len(values)), missing)


class Scan:
    """A design, ready to be applied to block after block.

    Parameters
    ----------
    design : TraitDesign
    """

    def __init__(self, design: TraitDesign) -> None:
        self.design = design
        self.log_p = LogPTable(design.dof)
        self._residuals = np.ascontiguousarray(design.weights[:, : design.n_traits], np.float64)
        self._basis = np.ascontiguousarray(design.weights[:, design.n_traits :], np.float64)
        # People whom some trait lacks are gathered once a block; each pattern then takes its own out of these few.
        self._some = np.unique(np.concatenate([np.zeros(0, int), *(pattern.few for pattern in design.patterns)]))
        self._places = [np.searchsorted(self._some, pattern.few) for pattern in design.patterns]
        rank, people = self._basis.shape[1], self._basis.shape[0]
        self._roots = np.zeros((len(design.patterns), rank, rank))
        self._observed = np.zeros((people, len(design.patterns)), bool)
        self._pattern = np.zeros(design.n_traits, int)
        for place, pattern in enumerate(design.patterns):
            self._roots[place, :, : pattern.root.shape[1]] = pattern.root
            self._observed[:, place] = pattern.observed
            self._pattern[pattern.traits] = place

    def __call__(
        self,
        values: np.ndarray,
        unit: np.ndarray,
        missing: Mapping[int, np.ndarray],
        squares: np.ndarray | None = None,
    ) -> Association:
        """Test a block of variants.

        Parameters
        ----------
        values : (variants, people) float32 array
            Allele counts minus a constant near their mean, times `unit`; zero where missing.
        unit : (variants,) float array
        missing : mapping
            Row of a variant to the people without a genotype.
        squares : (variants,) float array, optional
            Sum of the squared values, where it is known already.

        Returns
        -------
        association : Association
        """
        design = self.design
        products = (values @ design.weights).astype(np.float64)
        products, basis = products[:, : design.n_traits], products[:, design.n_traits :]
        squares = sum_squares(values) if squares is None else squares
        n = np.broadcast_to(design.n, products.shape)
        left = np.broadcast_to(design.sum_squares, products.shape)
        if missing:
            n, left = n.copy(), left.copy()
        gathered = _gathered(values, self._some)
        explained, total = np.zeros((*products.shape, basis.shape[1])), np.zeros(products.shape)
        for pattern, root, places in zip(design.patterns, self._roots, self._places, strict=True):
            seen, own = _over(pattern, gathered[places], basis, squares)
            explained[:, pattern.traits], total[:, pattern.traits] = (seen @ root)[:, None], own[:, None]
        variance = total - (explained**2).sum(axis=2)
        for row, people in missing.items() if design.patterns else ():
            self._without(people, explained[row], total[row], (products[row], variance[row], left[row], n[row]))
        variance[~(variance > COLLINEAR * total)] = np.nan
        return self._tested(products, variance, left, n, unit, bool(missing))

    def _tested(
        self,
        products: np.ndarray,
        variance: np.ndarray,
        left: np.ndarray,
        n: np.ndarray,
        unit: np.ndarray,
        gaps: bool,
    ) -> Association:
        dof = self.design.dof + n - self.design.n
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = products / variance
            rest = np.maximum(left - slope * products, 0) / np.where(dof > 0, dof, np.nan)
            error = np.sqrt(rest / variance)
            t = slope / error
        mlog10p = self.log_p(t)
        if gaps:
            other = dof != self.design.dof
            mlog10p[other] = mlog10p_from_t(t[other], dof[other])
        scale = self.design.scale * unit[:, None]
        return Association(slope * scale, error * scale, mlog10p, n)

    def _without(
        self, people: np.ndarray, explained: np.ndarray, total: np.ndarray, sums: tuple[np.ndarray, ...]
    ) -> None:
        """Take people without this genotype out of the regressions of one variant; `sums` are changed."""
        products, variance, left, n = sums
        q, y, has = self._basis[people], self._residuals[people], self._observed[people]
        # In the basis that is orthonormal over a trait's people, the lost ones leave identity minus their products.
        lost = np.repeat((q.T @ q)[None], has.shape[1], axis=0)
        for place in np.flatnonzero(~has.all(axis=0)):
            absent = q[~has[:, place]]
            lost[place] -= absent.T @ absent
        gram = np.eye(q.shape[1]) - (self._roots.transpose(0, 2, 1) @ lost @ self._roots)
        cross = -np.einsum("tkj,kt->tj", self._roots[self._pattern], q.T @ y)
        try:
            solved = np.linalg.solve(gram[self._pattern], np.stack([explained, cross], axis=2))
        except np.linalg.LinAlgError:
            variance[:] = np.nan
            return
        n -= has.sum(axis=0)[self._pattern]
        variance[:] = total - np.einsum("tk,tk->t", explained, solved[..., 0])
        products -= np.einsum("tk,tk->t", cross, solved[..., 0])
        left -= (y * y).sum(axis=0) + np.einsum("tk,tk->t", cross, solved[..., 1])


def _over(pattern: Pattern, some: np.ndarray, basis: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the basis products and the sum of squares over the people of a pattern; `some` holds its few."""
    if pattern.few.size == 0 and pattern.are_missing:
        return basis, squares
    products, own = (pattern.few_q.T @ some).T.astype(np.float64), _column_squares(some)
    return (basis - products, squares - own) if pattern.are_missing else (products, own)


@numba.njit(cache=True, nogil=True)
def _gathered(values: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return columns as rows, a cache line at a time."""
    n_rows = values.shape[0]
    found = np.empty((columns.size, n_rows), np.float32)
    for start in range(0, n_rows, 16):
        stop = min(start + 16, n_rows)
        for k in range(columns.size):
            column = columns[k]
            for row in range(start, stop):
                found[k, row] = values[row, column]
    return found


@numba.njit(cache=True, nogil=True)
def _column_squares(values: np.ndarray) -> np.ndarray:
    found = np.zeros(values.shape[1])
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            found[column] += values[row, column] * values[row, column]
    return found


@numba.njit(cache=True, nogil=True)
def sum_squares(values: np.ndarray) -> np.ndarray:
    """Return the sum of squares of each row, without losing digits.

    Parameters
    ----------
    values : (rows, columns) float32 array
    """
    found = np.empty(values.shape[0])
    for row in range(values.shape[0]):
        total = np.float64(0)
        for start in range(0, values.shape[1], 256):
            some = values[row, start : start + 256]
            part = np.float32(0)
            for column in range(some.size):
                part += some[column] * some[column]
            total += part
        found[row] = total
    return found
