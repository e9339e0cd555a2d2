"""A cohort whose associations are known: phenotypes with any real table's distributions and gaps.

Each phenotype keeps the values and the number of gaps of a real column. Who gets which value is decided by a score:
an effect of a brain region, age, and chance; who has none is decided by age. So what is planted is known, the confound
is in everything, and the gaps follow it, while distributions (few levels, skewness, half of the values zero) stay real.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REGIONS = ("Left_thalamus", "Left_caudate", "Left_putamen", "Left_pallidum", "Left_SN", "Right_SN")


@dataclass(frozen=True)
class SimulatedCohort:
    """Tables, and what is planted in them.

    Parameters
    ----------
    idps : (subjects, 2 x regions) array
        QSM_ of each region [ppb], then T2_ [ms].
    idp_names : list of str
    phenotypes : (subjects, columns) array
    confounds : (subjects, 3) array
        Age [years], sex, head size.
    effects : dict
        Column of phenotypes to (region, correlation of the score with the region's iron).
    """

    idps: np.ndarray
    idp_names: list[str]
    phenotypes: np.ndarray
    confounds: np.ndarray
    effects: dict[int, tuple[int, float]]


def simulated_cohort(columns: np.ndarray, effects: dict[int, tuple[int, float]], *, seed: int = 0) -> SimulatedCohort:
    """Plant effects of iron in phenotypes that look like real ones.

    Parameters
    ----------
    columns : (subjects, columns) array
        A real table, NaN where missing; its rows lose their meaning.
    effects : dict
        Column to (place in `REGIONS`, correlation before ranks and gaps).
    seed : int
    """
    rng = np.random.default_rng(seed)
    n = len(columns)
    age, sex, head = rng.uniform(45, 82, n), rng.integers(0, 2, n).astype(float), rng.normal(1.3, 0.12, n)
    old = (age - age.mean()) / age.std()
    iron = rng.normal(size=(n, len(REGIONS)))
    qsm = 40 + 12 * iron + 6 * old[:, None] + 3 * sex[:, None] + 5 * rng.normal(size=iron.shape)
    t2star = 45 - 3 * iron - 2 * old[:, None] + 3 * rng.normal(size=iron.shape)
    phenotypes = np.full(columns.shape, np.nan)
    for column in range(columns.shape[1]):
        region, size = effects.get(column, (0, 0.0))
        chance = rng.normal(size=n) * np.sqrt(1 - size**2)
        score = 0.5 * old + size * iron[:, region] + chance
        present = columns[~np.isnan(columns[:, column]), column]
        phenotypes[:, column] = dealt(present, score, old, rng)
    idps = np.hstack([qsm, t2star])
    idps[rng.random(idps.shape) < 0.005] = np.nan
    names = [f"{kind}_{name}" for kind in ("QSM", "T2") for name in REGIONS]
    return SimulatedCohort(idps, names, phenotypes, np.column_stack([age, sex, head]), dict(effects))


def dealt(values: np.ndarray, score: np.ndarray, old: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Deal values out to subjects by the rank of their scores; who gets none is decided by age and chance.

    Parameters
    ----------
    values : (at most subjects,) array
        What is dealt out, in any order.
    score : (subjects,) array
    old : (subjects,) array
        Standardised age: the oldest have most gaps.
    rng : numpy Generator

    Returns
    -------
    column : (subjects,) array
        NaN for those who get none.
    """
    column = np.full(score.size, np.nan)
    seen = np.argsort(0.7 * old + rng.normal(size=score.size), kind="stable")[: values.size]
    column[seen[np.argsort(score[seen], kind="stable")]] = np.sort(values)
    return column
