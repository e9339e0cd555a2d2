"""What people answer, and what is measured of them: phenotypes of eight categories, a few of which follow iron.

Every phenotype follows age, sex and site, so that without deconfounding everything is associated with everything. A
planted one also follows the iron of one structure (or what susceptibility alone, or T2* alone, sees of it), with a
known correlation. Values are normal, skewed, counted, graded or yes and no; gaps follow age.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from nipype_qsm.kernels.regions.naming import SIDES
from nipype_qsm.phantoms.cohort import dealt
from nipype_qsm.phantoms.population import NAMES, Population, phenotype_names, structure_of, z_scores

CATEGORIES = (
    "alcohol and diet",
    "blood assays",
    "body and bone",
    "cognition",
    "heart and vessels",
    "medical history",
    "mental health",
    "physical activity",
)
SIZES = (0.5, -0.45, 0.4, -0.35)
"""Planted correlations of a score with iron, confounds aside."""
KINDS = ("iron", "iron", "calcium", "iron", "myelin")
CONFOUNDED = (0.5, 0.25, 0.2)
"""Weights of age, sex and site in every score."""
MOST_MISSING = 0.4
SHAPES = ("normal", "skewed", "counted", "graded", "yes or no")


@dataclass(frozen=True)
class Effect:
    """A planted association.

    Parameters
    ----------
    phenotype : str
    kind : str
        `iron`, `calcium` or `myelin`.
    structure : str
    size : float
        Correlation of the score with it, confounds aside.
    kept : float
        Share of a correlation that is left when the score becomes values of few levels.
    """

    phenotype: str
    kind: str
    structure: str
    size: float
    kept: float


@dataclass(frozen=True)
class Survey:
    """Phenotypes, and what is planted in them.

    Parameters
    ----------
    names, categories : list of str
    values : (people, phenotypes) array
        NaN where missing.
    effects : list of Effect
    """

    names: list[str]
    categories: list[str]
    values: np.ndarray
    effects: list[Effect]


def survey(people: Population, n_phenotypes: int, *, n_planted: int = 20) -> Survey:
    """Make phenotypes, every so many of them with a planted effect.

    Parameters
    ----------
    people : Population
    n_phenotypes : int
    n_planted : int
        At most a half of them.
    """
    rng = np.random.default_rng([people.seed, 37])
    n_planted = min(n_planted, n_phenotypes // 2)
    planted = np.linspace(0, n_phenotypes - 1, n_planted).astype(int).tolist()
    old = z_scores(people.covariates["age"])
    design = [old, *(z_scores(people.covariates[one] == two) for one, two in (("sex", "M"), ("site", "Reading")))]
    categories = [CATEGORIES[k * len(CATEGORIES) // n_phenotypes] for k in range(n_phenotypes)]
    names = _names(categories)
    values, effects = np.empty((people.n, n_phenotypes)), []
    for column, name in enumerate(names):
        score, shape = rng.standard_normal(people.n), SHAPES[int(rng.integers(len(SHAPES)))]
        kind = structure = ""
        size = 0.0
        if column in planted:
            rank = planted.index(column)
            kind, structure, size = KINDS[rank % len(KINDS)], NAMES[rank % len(NAMES)], SIZES[rank % len(SIZES)]
            shape = SHAPES[rank % 4]
            own = z_scores(people.latents[kind][:, NAMES.index(structure)])
            score = size * own + np.sqrt(1 - size**2) * score
        signs = rng.choice((-1, 1), 3)
        whole = score + sum(s * w * part for s, w, part in zip(signs, CONFOUNDED, design, strict=True))
        drawn = drawn_values(shape, people.n, rng)
        n_seen = people.n - int(rng.uniform(0, MOST_MISSING if size else 0.95) * people.n)
        values[:, column] = dealt(rng.choice(drawn, n_seen, replace=False), whole, old, rng)
        if size:
            effects.append(Effect(name, kind, structure, size, _kept(drawn, whole, score, people.confounds())))
    return Survey(names, categories, values, effects)


def drawn_values(shape: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw values of a shape.

    Parameters
    ----------
    shape : str
        One of `SHAPES`.
    n : int
    rng : numpy Generator
    """
    if shape == "counted":
        return rng.poisson(4.0, n).astype(float)
    if shape == "graded":
        return rng.integers(1, 6, n).astype(float)
    if shape == "yes or no":
        return (rng.random(n) < rng.uniform(0.1, 0.5)).astype(float)
    normal = rng.normal(50, 10, n)
    return np.round(normal if shape == "normal" else np.exp(normal / 20), 3)


def planted_r(people: Population, effects: list[Effect]) -> list[dict[str, object]]:
    """Return the correlation that each planted effect makes with each measure of its structure, confounds aside.

    Parameters
    ----------
    people : Population
    effects : list of Effect

    Returns
    -------
    rows : list of dict
        phenotype, idp, kind, structure, r: one for each side and for each modality that sees the kind.
    """
    names = phenotype_names()
    found = people.measured("2")
    rows: list[dict[str, object]] = []
    for effect in effects:
        own = people.latents[effect.kind][:, NAMES.index(effect.structure)]
        for column, idp in enumerate(names):
            place = structure_of(idp)
            wrong = {"calcium": "T2_", "myelin": "QSM_"}.get(effect.kind)
            if place is None or place[0] != effect.structure or (wrong and idp.startswith(wrong)):
                continue
            steep = people.gradients[:, NAMES.index(place[0]), SIDES.index(place[1])]
            design = np.column_stack([people.confounds(), steep] if idp.startswith("T2_") else [people.confounds()])
            r = correlation_without(found[:, column], own, design)
            rows.append(
                {
                    "phenotype": effect.phenotype,
                    "idp": idp,
                    "kind": effect.kind,
                    "structure": effect.structure,
                    "r": r * effect.size * effect.kept,
                }
            )
    return rows


def correlation_without(x: np.ndarray, y: np.ndarray, confounds: np.ndarray) -> float:
    """Return the partial correlation of two complete columns."""
    design = np.column_stack([np.ones(x.size), confounds])
    left = [one - design @ np.linalg.lstsq(design, one, rcond=None)[0] for one in (x, y)]
    return float(np.corrcoef(left[0], left[1])[0, 1])


def _kept(values: np.ndarray, whole: np.ndarray, score: np.ndarray, confounds: np.ndarray) -> float:
    """Return the correlation of a score with the normal scores of the values that ranks would give, confounds aside."""
    ranked = np.sort(values)
    normal = ndtri((np.arange(values.size) + 0.5) / values.size)
    _, group = np.unique(ranked, return_inverse=True)
    mean = np.bincount(group, normal) / np.bincount(group)
    given = np.empty(values.size)
    given[np.argsort(whole, kind="stable")] = mean[group]
    return correlation_without(given, score, confounds)


def _names(categories: list[str]) -> list[str]:
    count: dict[str, int] = {}
    names = []
    for category in categories:
        count[category] = count.get(category, 0) + 1
        names.append(f"{category.replace(' ', '_')}_{count[category]:02d}")
    return names
