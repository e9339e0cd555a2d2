"""The confounds of brain imaging phenotypes, built from what is known about subjects and scans.

Every confound is split by imaging centre: one column a site, normalised within it and zero elsewhere, so that no site's
scale or drift is imposed on another. Categories become one column a level. Squares and ranks let relations bend;
products of confounds are optional. Phenotypes that still drift with the date are smoothed over it, and the principal
components of the drift become confounds too. What is nonlinear can be kept whole or screened by what it explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.deconfound import deconfound
from nipype_qsm.kernels.cohort.drift import drift_components
from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal
from nipype_qsm.kernels.cohort.screening import explained, screened

MIN_LEVEL = 9
"""Levels of a category, and sites, of fewer subjects are dropped."""


class Confounds(NamedTuple):
    """Confound columns without gaps, and their names."""

    columns: np.ndarray
    names: list[str]
    n_replaced: int


class _Column(NamedTuple):
    name: str
    values: np.ndarray


def confounds(
    continuous: np.ndarray,
    categorical: np.ndarray,
    site: np.ndarray,
    clock: np.ndarray | None = None,
    idps: np.ndarray | None = None,
    *,
    continuous_names: Sequence[str] = (),
    categorical_names: Sequence[str] = (),
    age: str = "age",
    sex: str = "sex",
    nonlinear: Literal["all", "screened", "none"] = "all",
    crossed: Literal["none", "screened", "all"] = "none",
    outlier_factor: float = 8.0,
    clock_width: float = 0.1,
) -> Confounds:
    """Build confounds, split by site.

    Parameters
    ----------
    continuous : (subjects, measures) float array
        Age, head size, head motion, table position, echo time, ... NaN where missing.
    categorical : (subjects, categories) float array
        Sex, protocol, scanner software, ... as numbers; NaN where missing.
    site : (subjects,) array
        Imaging centre, any kind of label.
    clock : (subjects, clocks) float array, optional
        When the scan was: the date in years, and perhaps the time of day in units of its standard deviation.
    idps : (subjects, idps) float array, optional
        Phenotypes of the brain, for drift and screening.
    continuous_names, categorical_names : sequence of str
        Numbers stand in where they are left out.
    age, sex : str
        Names of the two whose product is a confound as well; left out where one of them is not there.
    nonlinear : str
        Squares, ranks (inverse normal) and ranks of squares: `all`, those `screened` by what they explain of `idps`,
        or `none`.
    crossed : str
        Products of all pairs within a site: `none`, `screened` or `all` (thousands).
    outlier_factor : float, dimensionless
        Values further from the median than this many scaled median deviations (1.48 MAD) take the site's median.
    clock_width : float, in the clock's unit
        Standard deviation of the Gaussian that smooths phenotypes over the clock.

    Returns
    -------
    columns : (subjects, confounds) float64 array
        Without gaps: a missing value is its site's mean.
    names : list of str
        `age@cheadle`, `age^2@...`, `age x sex@...`, `drift 1`, ...
    n_replaced : int
        Outliers that took the median.

    References
    ----------
    Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002
    """
    if (nonlinear == "screened" or crossed == "screened") and idps is None:
        raise QSMError("Screening needs phenotypes to explain.", remedy="Give idps, or take 'all' or 'none'.")
    measures = _named(continuous_names, continuous.shape[1], "continuous")
    categories = _named(categorical_names, categorical.shape[1], "categorical")
    sites = [one for one in sorted(set(site.tolist()), key=str) if (site == one).sum() >= MIN_LEVEL]
    if not sites:
        raise QSMError(f"No site has {MIN_LEVEL} subjects.", remedy="Give one site to all, or leave sites out.")
    tidy, n_replaced = _without_outliers(continuous, site, outlier_factor)
    linear, bent = list(_sites(site, sites)), []
    for one in sites:
        inside = site == one
        by_name = {name: _normalised(tidy[:, k], inside) for k, name in enumerate(measures)}
        bends = list(_bent(by_name, inside)) if nonlinear != "none" else ()
        levels = [column for k, name in enumerate(categories) for column in _levels(categorical[:, k], inside, name)]
        if age in by_name and sex in categories:
            product = by_name[age] * _normalised(categorical[:, categories.index(sex)], inside)
            by_name[f"{age} x {sex}"] = _normalised(product, inside)
        tail = "" if len(sites) == 1 else f"@{one}"
        linear += [_Column(name + tail, values) for name, values in by_name.items()]
        linear += [_Column(column.name + tail, column.values) for column in levels]
        bent += [_Column(c.name + tail, c.values) for c in bends]
    kept = _independent(linear, [])
    kept += _chosen(bent, kept, idps, nonlinear, (95.0, 0.75, 99.9))
    if crossed != "none":
        kept += _chosen(list(_products(kept, site, sites)), kept, idps, crossed, (99.9, 1.0, 99.999))
    if clock is not None and idps is not None:
        left = deconfound(idps, np.stack([column.values for column in kept], axis=1)).residuals
        drift = [drift_components(left, clock[:, k], site, width=clock_width) for k in range(clock.shape[1])]
        found = np.hstack(drift)
        kept += _independent([_Column(f"drift {k + 1}", found[:, k]) for k in range(found.shape[1])], kept)
    return Confounds(np.stack([c.values for c in kept], axis=1), [c.name for c in kept], n_replaced)


def _named(names: Sequence[str], count: int, kind: str) -> list[str]:
    if names and len(names) != count:
        raise QSMError(f"{len(names)} names for {count} {kind} confounds.", remedy="Give one name a column.")
    return list(names) or [f"{kind} {k + 1}" for k in range(count)]


def _without_outliers(values: np.ndarray, site: np.ndarray, factor: float) -> tuple[np.ndarray, int]:
    tidy, count = np.array(values, np.float64), 0
    for column in tidy.T:
        known = ~np.isnan(column)
        if not known.any():
            continue
        middle = np.median(column[known])
        scale = 1.48 * np.median(np.abs(column[known] - middle))
        far = known & (np.abs(column - middle) > factor * scale) if scale > 0 else np.zeros(column.size, bool)
        count += int(far.sum())
        for one in set(site[far].tolist()):
            inside = known & ~far & (site == one)
            column[far & (site == one)] = np.median(column[inside]) if inside.any() else middle
    return tidy, count


def _normalised(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return mean 0 and standard deviation 1 within a site; 0 outside, where missing, and where all are equal."""
    found = np.zeros(values.size)
    here = inside & ~np.isnan(values)
    if here.sum() > 1 and np.ptp(values[here]) > 0:
        found[here] = (values[here] - values[here].mean()) / values[here].std()
    return found


def _sites(site: np.ndarray, sites: list) -> Iterator[_Column]:
    """Contrast every site with the first; sites that are too small count as the first."""
    for one in sites[1:]:
        yield _Column(f"site {one}", np.where(site == one, 1.0, np.where(site == sites[0], -1.0, 0.0)))


def _levels(values: np.ndarray, inside: np.ndarray, name: str) -> Iterator[_Column]:
    present, counts = np.unique(values[inside & ~np.isnan(values)], return_counts=True)
    levels = present[counts >= MIN_LEVEL]
    for level in levels[1:]:
        indicator = np.where(np.isnan(values), np.nan, values == level)
        yield _Column(name if levels.size == 2 else f"{name}={level:g}", _normalised(indicator, inside))


def _bent(by_name: dict[str, np.ndarray], inside: np.ndarray) -> Iterator[_Column]:
    for name, values in by_name.items():
        here = np.where(inside & (values != 0), values, np.nan)[:, None]
        for label, bent in (
            (f"{name}^2", here**2),
            (f"rank({name})", inverse_normal(here)),
            (f"rank({name}^2)", inverse_normal(here**2)),
        ):
            yield _Column(label, _normalised(bent[:, 0], inside))


def _products(kept: list[_Column], site: np.ndarray, sites: list) -> Iterator[_Column]:
    for one in sites:
        inside = site == one
        own = [c for c in kept if not c.name.startswith("site ") and not np.any(c.values[~inside])]
        for first, left in enumerate(own):
            for right in own[first + 1 :]:
                name = f"{left.name} x {right.name}"
                yield _Column(name, _normalised(np.where(inside, left.values * right.values, np.nan), inside))


def _independent(candidates: list[_Column], given: list[_Column]) -> list[_Column]:
    """Drop columns that do not vary, and those that the ones before explain to the last digit."""
    return [column for column in _residual(candidates, given) if column.values.any()]


def _residual(candidates: list[_Column], given: list[_Column]) -> list[_Column]:
    varying = [column for column in candidates if column.values.any()]
    if not varying or not given:
        return varying
    values = np.stack([column.values for column in varying], axis=1)
    left = np.nan_to_num(deconfound(values, np.stack([column.values for column in given], axis=1)).residuals)
    spread = left.std(axis=0)
    return [_Column(c.name, left[:, k] / spread[k]) for k, c in enumerate(varying) if spread[k] > 1e-6]


def _chosen(
    candidates: list[_Column],
    given: list[_Column],
    idps: np.ndarray | None,
    choice: str,
    limits: tuple[float, float, float],
) -> list[_Column]:
    found = _independent(candidates, given)
    if choice != "screened" or not found or idps is None:
        return found
    left = deconfound(idps, np.stack([column.values for column in given], axis=1)).residuals
    share = explained(left, np.stack([column.values for column in found], axis=1))
    return [column for column, keep in zip(found, screened(share, *limits), strict=True) if keep]
