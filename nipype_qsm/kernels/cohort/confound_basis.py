"""An orthonormal basis of the confounds, and what is left of it on some of the rows.

Regressing confounds out of a variable with gaps means regressing over the rows where the variable is known. The
confounds are made orthonormal once, over all rows; on a subset their Gram matrix is the identity less the missing rows'
or the observed rows' own, whichever is fewer. It is inverted by Cholesky, or where a subset makes confounds collinear
(a scanner nobody of it went to) by its eigenvectors, or, when these cannot tell zero from small, by the singular
vectors of the rows themselves. Every regression is done twice, which removes the rounding of the first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from nipype_qsm.errors import QSMError


@dataclass(frozen=True)
class ConfoundBasis:
    """Orthonormal columns that span the constant and the confounds.

    Parameters
    ----------
    q : (subjects, rank + 1) float64 array
        Zero in rows where a confound is missing; the first column is the constant.
    rows : (subjects,) bool array
        Where every confound is known.
    rank : int
        Of the confounds, the constant not counted.
    """

    q: np.ndarray
    rows: np.ndarray
    rank: int

    def of_rows(self, observed: np.ndarray) -> RowBasis:
        """Restrict the basis to rows; those where a confound is missing are left out.

        Parameters
        ----------
        observed : (subjects,) bool array
        """
        observed = observed & self.rows
        n, total = int(observed.sum()), int(self.rows.sum())
        if n <= 2 * self.q.shape[1]:
            return RowBasis(observed, *_by_singular_vectors(self.q[observed]))
        if total - n < n:
            missing = self.q[self.rows & ~observed]
            gram = np.eye(self.q.shape[1]) - _gram(missing)
        else:
            gram = _gram(self.q[observed])
        return RowBasis(observed, *_inverted(gram, self.q, observed))


@dataclass(frozen=True)
class RowBasis:
    """What a set of rows sees of the confounds.

    Parameters
    ----------
    observed : (subjects,) bool array
    rank : int
        Of the confounds on these rows, the constant not counted.
    root : (rank of q, rank + 1) array, optional
        q restricted to the rows, times root, is orthonormal there.
    vectors : (n_observed, rank + 1) array, optional
        Orthonormal on the rows, where no root is exact enough.
    """

    observed: np.ndarray
    rank: int
    root: np.ndarray | None = None
    vectors: np.ndarray | None = None

    def coefficients(self, products: np.ndarray) -> np.ndarray:
        """Turn q'y into the coefficients of q that explain y on these rows.

        Parameters
        ----------
        products : (rank of q, columns) array
        """
        if self.root is None:
            raise QSMError("These rows have singular vectors and no root.", remedy="Call residuals().")
        return self.root @ (self.root.T @ products)

    def residuals(self, values: np.ndarray, basis: ConfoundBasis) -> np.ndarray:
        """Remove the confounds from values on these rows.

        Parameters
        ----------
        values : (n_observed, columns) float array
            Without missing values.
        basis : ConfoundBasis
            That made these rows.

        Returns
        -------
        residuals : (n_observed, columns) float64 array
        """
        left = np.array(values, np.float64)
        left -= left.mean(axis=0)
        vectors = basis.q[self.observed] if self.vectors is None else self.vectors
        for _ in range(2):
            products = vectors.T @ left
            left -= vectors @ (products if self.vectors is not None else self.coefficients(products))
        return left


def confound_basis(confounds: np.ndarray, *, n_components: int | None = None) -> ConfoundBasis:
    """Make the constant and the confounds orthonormal.

    Parameters
    ----------
    confounds : (subjects, confounds) float array
        NaN where missing; rows with a gap are left out.
    n_components : int, optional
        Keep that many principal components of the standardised confounds; for few subjects and many confounds.

    Returns
    -------
    basis : ConfoundBasis

    References
    ----------
    Smith et al. 2015, doi:10.1038/nn.4125
    """
    rows = ~np.isnan(confounds).any(axis=1)
    known = np.asarray(confounds[rows], np.float64)
    n = known.shape[0]
    if n < 3:
        raise QSMError(
            f"Only {n} subjects have a value of every confound.",
            remedy="Drop the confounds that are mostly missing, or fill their gaps in the table.",
        )
    known = known - known.mean(axis=0)
    spread = known.std(axis=0)
    known = known[:, spread > 0] / spread[spread > 0]
    vectors = np.empty((n, 0))
    if known.shape[1]:
        orthogonal, triangle = linalg.qr(known, mode="economic", overwrite_a=True)
        left, singular, _ = linalg.svd(triangle)
        rank = int((singular > singular[0] * max(known.shape) * np.finfo(float).eps).sum())
        vectors = orthogonal @ left[:, : min(rank, n_components or rank)]
    constant = np.full((n, 1), n**-0.5)
    vectors -= constant * (constant.T @ vectors)
    q = np.zeros((rows.size, vectors.shape[1] + 1))
    q[rows] = np.hstack([constant, vectors])
    return ConfoundBasis(q, rows, vectors.shape[1])


def rows_key(observed: np.ndarray) -> bytes:
    """Return what tells sets of rows apart, in sixteen bytes: a table can have millions of them.

    Parameters
    ----------
    observed : (subjects,) bool array
    """
    return hashlib.blake2b(np.packbits(observed).tobytes(), digest_size=16).digest()


def columns_by_rows(observed: np.ndarray) -> list[np.ndarray]:
    """Group the columns that are known in the same rows, in the order of their first.

    Parameters
    ----------
    observed : (subjects, columns) bool array

    Returns
    -------
    groups : list of int arrays
    """
    groups: dict[bytes, list[int]] = {}
    for column in range(observed.shape[1]):
        groups.setdefault(rows_key(observed[:, column]), []).append(column)
    return [np.array(columns) for columns in groups.values()]


def _gram(rows: np.ndarray) -> np.ndarray:
    lower = linalg.blas.dsyrk(1.0, rows.T, lower=1)
    return lower + np.tril(lower, -1).T


def _inverted(
    gram: np.ndarray, q: np.ndarray, observed: np.ndarray
) -> tuple[int, np.ndarray | None, np.ndarray | None]:
    """Return rank and root, or rank and vectors."""
    factor, info = linalg.lapack.dpotrf(gram, lower=1)
    if info == 0 and np.diag(factor).min() ** 2 > 1e-6 * np.diag(gram).max():
        return gram.shape[0] - 1, linalg.lapack.dtrtri(factor, lower=1)[0].T, None
    values, vectors = linalg.eigh(gram)
    share = values / values[-1]
    if ((share > 1e-13) & (share < 1e-9)).any():
        return _by_singular_vectors(q[observed])
    kept = share >= 1e-9
    return int(kept.sum()) - 1, vectors[:, kept] / np.sqrt(values[kept]), None


def _by_singular_vectors(rows: np.ndarray) -> tuple[int, None, np.ndarray]:
    if not rows.size:
        return 0, None, np.zeros((rows.shape[0], 0))
    left, singular, _ = linalg.svd(rows, full_matrices=False)
    rank = int((singular > singular[0] * max(rows.shape) * np.finfo(float).eps * 16).sum())
    return max(rank - 1, 0), None, left[:, :rank]
