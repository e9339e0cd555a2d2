"""Correlate every voxel with every phenotype and variant in one pass, exactly where values are missing.

What the confounds leave of a voxel is never formed. With the basis Q of the confounds and the scores y of a voxel, zero
in its gaps, two products tell all: Q'y, and y'x with the residuals x of a phenotype, which are orthogonal to Q. A
voxel's gaps are corrected for by sums over them (`voxel_gaps`). Only where a phenotype has gaps of its own is the
voxel's residual formed, on the rows where any has one. The result is that of regressing voxel and phenotype each over
its own subjects, and Pearson's correlation over those that both have, as `associate` does for tables.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.associate import REASONS, Associations, associate, calibrated
from nipype_qsm.kernels.cohort.log_p import mlog10p_from_r
from nipype_qsm.kernels.cohort.normal_scores import NormalScores, Workplace, normal_scores
from nipype_qsm.kernels.cohort.voxel_design import VoxelDesign
from nipype_qsm.kernels.cohort.voxel_gaps import Gaps, gap_sums, solve_gaps
from nipype_qsm.kernels.cohort.voxel_rows import voxel_rows

TILE_BYTES = 72e6
"""Of the scores that are worked on together."""

ROWS = 4096
"""Subjects whose residuals are formed together."""

DOUBTFUL = {np.dtype(np.float32): 1e-3, np.dtype(np.float64): 1e-8}
"""A variance below this share of the sum of squares that it comes from is computed again without cancellation."""


class VoxelMaps(NamedTuple):
    """One number for every variable and voxel, each (variables, voxels); and outliers and mean of each voxel."""

    r: np.ndarray
    n: np.ndarray
    dof: np.ndarray
    mlog10p: np.ndarray
    reason: np.ndarray
    n_outliers: np.ndarray
    means: np.ndarray


def voxelwise(
    values: np.ndarray,
    design: VoxelDesign,
    *,
    dof: Literal["adjusted", "calibrated", "pairwise"] = "adjusted",
    min_subjects: int = 40,
    min_dof: int = 1,
    factor: float | None = 6.0,
    mad_scale: float = 1.0,
    min_levels: int = 10,
    precision: Literal["single", "double"] = "single",
) -> VoxelMaps:
    """Correlate voxels with phenotypes and variants: outliers out, normal scores, confounds out, Pearson.

    Parameters
    ----------
    values : (subjects, voxels) int16 array
        Steps of the quantity, whose size and unit make no difference; -32768 where missing.
    design : VoxelDesign
        Of the same subjects, in this order.
    dof : str
        `adjusted`, `calibrated` or `pairwise`, as in `associate`.
    min_subjects : int
        Pairs of voxel and variable with fewer subjects are left out.
    min_dof : int
        And those with fewer degrees of freedom, n - 2 - rank.
    factor : float, dimensionless
        Median absolute deviations from the median that are still believed; none for all.
    mad_scale : float, dimensionless
        1 counts plain deviations, 1.4826 standard deviations of a Gaussian.
    min_levels : int
        Voxels of fewer distinct values keep their outliers.
    precision : str
        `single`: r to about 1e-6; `double`: to 1e-11, at half the speed and twice the memory.

    Returns
    -------
    r : (variables, voxels) float64 array
        NaN where the pair was left out.
    n, dof : (variables, voxels) int array
    mlog10p : (variables, voxels) float64 array
        -log10 of the two-sided P.
    reason : (variables, voxels) int8 array
        Why a pair was left out, an index of `associate.REASONS`.
    n_outliers : (voxels,) int array
    means : (voxels,) float64 array, steps
        Of each voxel, without its outliers.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w; Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002
    """
    rules = {"factor": factor, "mad_scale": mad_scale, "min_levels": min_levels}
    scan = VoxelScan(design, dof=dof, min_subjects=min_subjects, min_dof=min_dof, precision=precision, **rules)
    return scan.run(voxel_rows(values, design.rows))


class VoxelScan:
    """A design, ready to be applied to voxels; options as in `voxelwise`.

    Parameters
    ----------
    design : VoxelDesign
    dof, min_subjects, min_dof, precision
        Of the correlations.
    **rules
        Of the outliers.
    """

    def __init__(
        self,
        design: VoxelDesign,
        *,
        dof: str = "adjusted",
        min_subjects: int = 40,
        min_dof: int = 1,
        precision: str = "single",
        **rules: Any,
    ) -> None:
        if dof not in ("adjusted", "calibrated", "pairwise") or precision not in ("single", "double"):
            raise QSMError(
                f"dof is '{dof}', precision '{precision}'.",
                remedy="Choose adjusted, calibrated or pairwise; single or double.",
            )
        self.design, self.dof, self.limits, self.rules = design, dof, (min_subjects, min_dof), rules
        self.kind = np.dtype(np.float32 if precision == "single" else np.float64)
        self.observed = ~np.isnan(design.residuals)
        self.filled = np.where(self.observed, design.residuals, 0)
        self.q, self.n_basis = np.ascontiguousarray(design.q, self.kind), design.q.shape[1]
        self.n, self.squares = self.observed.sum(axis=0), (self.filled**2).sum(axis=0)
        usable = self.n > 0
        # Few known: sum them. Few unknown: sum these and subtract, on the rows where any usable variable has a gap.
        self.sparse = usable & (2 * self.n < len(self.filled))
        has_gap = ~self.observed[:, usable].all(axis=1)
        self.gap_rows = np.arange(len(has_gap)) if self.sparse.any() else np.flatnonzero(has_gap)
        self.counted = np.where(self.sparse, self.observed, ~self.observed & usable)[self.gap_rows].astype(self.kind)

    def run(self, steps: np.ndarray) -> VoxelMaps:
        """Correlate voxels with all variables, a tile at a time.

        Parameters
        ----------
        steps : (voxels, subjects) uint16 array
            Of `voxel_rows`, in the order of the design's subjects.

        Returns
        -------
        maps : VoxelMaps
        """
        n_voxels, n_subjects = steps.shape
        size = int(np.clip(TILE_BYTES / self.kind.itemsize / max(n_subjects, 1), 16, 1024))
        place = Workplace(min(size, n_voxels), n_subjects, self.kind)
        parts, removed, means = [], [], []
        for start in range(0, n_voxels, size):
            tile = normal_scores(steps[start : start + size], place, **self.rules)
            parts.append(self.correlate(tile))
            removed.append(tile.n_outliers)
            means.append(tile.means)
        r, n, degrees, mlog10p, reason = (np.hstack(each) for each in zip(*parts, strict=True))
        return VoxelMaps(r, n, degrees, mlog10p, reason, np.concatenate(removed), np.concatenate(means))

    def correlate(self, tile: NormalScores) -> Associations:
        """Correlate a tile of voxels with all variables; results are (variables, voxels).

        Parameters
        ----------
        tile : NormalScores
        """
        products = (tile.scores @ self.q).astype(np.float64)
        gaps = solve_gaps(self.q, products, tile.missing, tile.starts)
        lost = gap_sums(tile.missing, tile.starts, gaps.shadow, self.filled, self.observed)
        y, yy = self._own_gaps(tile, products, gaps, tile.squares - gaps.explained)
        n, x, xx = self.n - lost[0], -lost[1], self.squares - lost[2]
        xy = tile.scores @ self.filled.astype(self.kind) + lost[3]
        with np.errstate(invalid="ignore", divide="ignore"):
            x_left, y_left = xx - x**2 / n, yy - y**2 / n
            r = np.clip((xy - x * y / n) / np.sqrt(x_left * y_left), -1, 1)
            left = tile.squares - gaps.explained
            share = DOUBTFUL[self.kind]
            doubtful = ~((x_left > share * self.squares) & (y_left > share * left[:, None]))
            doubtful |= ~(gaps.sure & (left > share * tile.squares))[:, None]
        n_voxel = self.filled.shape[0] - np.diff(tile.starts)
        return self._finished(tile, r.T, np.rint(n).astype(np.int64).T, (doubtful & (n > 0)).T, n_voxel)

    def _own_gaps(
        self, tile: NormalScores, products: np.ndarray, gaps: Gaps, left: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum a voxel's residuals and their squares over the rows that each variable has."""
        shape = left.size, self.filled.shape[1]
        y, yy = np.zeros(shape), np.broadcast_to(left[:, None], shape)
        if not self.gap_rows.size:
            return y, yy
        coefficients = gaps.coefficients(self.q, products, tile.missing, tile.starts)
        known = np.ones(tile.scores.shape, bool)
        known[np.repeat(np.arange(left.size), np.diff(tile.starts)), tile.missing] = False
        squares = np.zeros(shape)
        for start in range(0, self.gap_rows.size, ROWS):
            rows = self.gap_rows[start : start + ROWS]
            residual = tile.scores[:, rows] - coefficients.astype(self.kind) @ self.q[rows].T
            residual *= known[:, rows]
            y += residual @ self.counted[start : start + ROWS]
            squares += residual**2 @ self.counted[start : start + ROWS]
        return np.where(self.sparse, y, -y), np.where(self.sparse, squares, yy - squares)

    def _finished(
        self, tile: NormalScores, r: np.ndarray, n: np.ndarray, doubtful: np.ndarray, n_voxel: np.ndarray
    ) -> Associations:
        """Give reasons and degrees of freedom; compute again what lost its digits."""
        few, constant, too_few = (REASONS.index(why) for why in REASONS[1:])
        (min_subjects, min_dof), ranks = self.limits, self.design.rank[:, None]
        reason = np.zeros(r.shape, np.int8)
        reason[(n < min_subjects) | (n_voxel < min_subjects)] = few
        reason[(reason == 0) & (tile.squares == 0)] = constant
        for variable, why in enumerate(self.design.reason):
            if why:
                reason[variable] = too_few if "degrees" in why else few if "no subject" in why else constant
        rank = np.broadcast_to(np.maximum(ranks, self.n_basis - 1), r.shape).copy()
        for voxel in np.flatnonzero((doubtful & (reason == 0)).any(axis=0)):
            r[:, voxel], own = self._one(tile, int(voxel))
            rank[:, voxel] = np.maximum(self.design.rank, own)
        degrees = n - 2 - (0 if self.dof == "pairwise" else rank)
        if self.dof == "calibrated":
            degrees = calibrated(n, n_voxel, self.n[:, None], rank)
        reason[(n - 2 - rank < min_dof) & (reason == 0)] = too_few
        reason[(reason == 0) & np.isnan(r)] = constant
        r[reason != 0] = np.nan
        return Associations(r, n, degrees, mlog10p_from_r(r, degrees), reason)

    def _one(self, tile: NormalScores, voxel: int) -> tuple[np.ndarray, int]:
        """Regress and correlate one voxel without shortcuts; return r and the rank of the confounds on its rows."""
        known = np.ones(self.filled.shape[0], bool)
        known[tile.missing[tile.starts[voxel] : tile.starts[voxel + 1]]] = False
        basis = self.design.basis
        rows, scores = basis.of_rows(known), tile.scores[voxel, known].astype(np.float64)
        column = np.full((known.size, 1), np.nan)
        left = rows.residuals(scores[:, None], basis)
        if (left**2).sum() > 1e-12 * tile.squares[voxel]:
            column[known] = left
        # Everything is refused by the caller's rules, not by these.
        return associate(column, self.design.residuals, min_subjects=1, min_dof=-known.size).r[0], rows.rank
