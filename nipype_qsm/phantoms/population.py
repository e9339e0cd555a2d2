"""People who do not exist, with known iron: what planted genes, age and chance make of eight structures of each.

A structure's iron, standardised, adds up planted loci, many small genetic effects, age, sex, site and chance. It raises
susceptibility and lowers T2*. Beside it stand what susceptibility alone sees (`calcium`) and what T2* alone sees
(`myelin`), so that some findings belong to one modality. Each visit adds noise, and T2* loses where the field is steep.
Effects of genes are as many times larger than in UK Biobank as the cohort is smaller, so that a few thousand people
show as much.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from nipype_qsm.kernels.regions.naming import PHENOTYPES, SIDES
from nipype_qsm.kernels.regions.naming import STRUCTURES as FIRST
from nipype_qsm.phantoms.genome import Chromosome, common, linkage, standardised
from nipype_qsm.phantoms.structures import STRUCTURES, Structure

NAMES = (*FIRST, "substantia_nigra")
"""Structures with phenotypes, in their order."""
STRIATUM = ("caudate", "putamen", "pallidum")
KINDS = ("iron", "calcium", "myelin")
WEIGHTS = {"iron": 0.8, "calcium": 0.45, "myelin": 0.45, "side": 0.25}
"""Share of each in a phenotype, in its standard deviations."""
VISIT_NOISE = 0.35
POLYGENIC = 0.25
"""Share of iron's variance from many small effects."""
GRADIENTS = (0.30, 0.45, 0.41, 0.60, 0.92, 0.90, 2.60, 0.95)
"""Usual field gradient in each structure, Hz/mm."""
GRADIENT_SPREAD, GRADIENT_EFFECT = 0.25, 0.5
"""Spread of its logarithm, and what one spread takes from T2*, in standard deviations."""
LESION_SLOPES = {"QSM_WMH": 1.2e-3, "T2_WMH": 6e-4}
"""Growth with the lesions' volume: ppb/mm3 and ms/mm3."""
STUDY_SIZE, STUDY_SHARE, MOST_SHARE = 30_000, 0.007, 0.16
FLUID_CHI = STRUCTURES["lateral_ventricle"].chi
"""Where the phenotypes' zero is, ppm."""
SITES = ("Cheadle", "Reading", "Newcastle")
LATER_VISIT = "3"


@dataclass(frozen=True)
class Locus:
    """A planted place in the genome.

    Parameters
    ----------
    gene : str
        Name of the made-up gene there.
    chrom : str
    kind : str
        `iron`, `calcium` (susceptibility alone), `myelin` (T2* alone) or `lesions`.
    structures : tuple of str
    sign : int
        Of the effect on the kind.
    """

    gene: str
    chrom: str
    kind: str
    structures: tuple[str, ...]
    sign: int


LOCI = (
    Locus("IRN1", "4", "iron", NAMES, 1),
    Locus("IRN2", "6", "iron", STRIATUM, -1),
    Locus("IRN3", "3", "iron", ("substantia_nigra", "thalamus"), 1),
    Locus("CLC1", "8", "calcium", ("putamen", "hippocampus"), 1),
    Locus("MYL1", "17", "myelin", ("thalamus", "caudate", "amygdala"), -1),
)


@dataclass
class Population:
    """Everybody, and what is true.

    Parameters
    ----------
    ids : list of str
    covariates : dict of (people,) arrays
        site, sex, age, head_size, head_motion, date.
    values : dict
        `chi` [ppb, the ventricles are zero] and `t2star` [ms]: (people, structures, sides), before noise and gradients.
    inherited : dict
        The genetic part of them, (people, structures).
    latents : dict
        Each kind's (people, structures) part that no confound explains, standardised.
    volume : (people,) array
        Of the lesions, mm3.
    gradients : (people, structures, sides) array, Hz/mm
    lead : dict
        Gene to (chromosome, place of its variant).
    share : float
        Of iron's variance that a locus of iron explains.
    seed : int
    rest : dict of (people,) arrays
        What chance adds to the lesions' phenotypes, and the field's gradient in them, Hz/mm.
    """

    ids: list[str]
    covariates: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    inherited: dict[str, np.ndarray]
    latents: dict[str, np.ndarray]
    volume: np.ndarray
    gradients: np.ndarray
    lead: dict[str, tuple[Chromosome, int]]
    share: float
    seed: int
    rest: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """People."""
        return len(self.ids)

    def confounds(self) -> np.ndarray:
        """Return what drives phenotypes beside iron, (people, columns)."""
        known = self.covariates
        sites = [(known["site"] == site).astype(float) for site in SITES[1:]]
        sex = (known["sex"] == "M").astype(float)
        return np.column_stack([known["age"], sex, known["head_size"], known["head_motion"], known["date"], *sites])

    def measured(self, visit: str, *, noise: float = VISIT_NOISE) -> np.ndarray:
        """Return the phenotypes of a visit, (people, 35): with noise, and T2* with the field's gradients."""
        rng = np.random.default_rng([self.seed, 31, int(visit)])
        chi, t2star = (
            self.values[name] + noise * spread(name)[:, None] * rng.standard_normal(self.values[name].shape)
            for name in ("chi", "t2star")
        )
        steep = self.gradients / np.array(GRADIENTS)[:, None] - 1
        t2star = t2star - GRADIENT_EFFECT / GRADIENT_SPREAD * spread("t2star")[:, None] * steep
        lesions = [
            base + LESION_SLOPES[name] * self.volume + wide * (self.rest[name] + noise * rng.standard_normal(self.n))
            for name, base, wide in (("QSM_WMH", 5.0, 3.0), ("T2_WMH", 8.0, 2.0))
        ]
        sides = [one.reshape(self.n, -1) for one in (chi, t2star)]
        return np.column_stack([sides[0], lesions[0], sides[1], lesions[1], self.volume])

    def own_structures(self, person: int) -> tuple[Structure, ...]:
        """Return the structures of one person's digital head: the mean of both sides."""
        chi, t2star = (self.values[name][person].mean(axis=1) / 1000 for name in ("chi", "t2star"))
        return tuple(
            replace(STRUCTURES[name], chi=float(chi[s] + FLUID_CHI), t2star=float(t2star[s]))
            for s, name in enumerate(NAMES)
        )


def phenotype_names() -> list[str]:
    """Return the columns of `Population.measured`."""
    return [one.name for one in PHENOTYPES]


def structure_of(idp: str) -> tuple[str, str] | None:
    """Return the structure and the side of a phenotype; None for lesions."""
    region = next(one.region for one in PHENOTYPES if one.name == idp)
    side, _, structure = region.partition("_")
    return (structure, side) if side in SIDES else None


def spread(name: str) -> np.ndarray:
    """Return the standard deviation of each structure's chi [ppb] or T2* [ms] between people."""
    if name == "chi":
        return np.array([4 + 100 * abs(STRUCTURES[one].chi) for one in NAMES])
    return np.array([70 * STRUCTURES[one].t2star for one in NAMES])


def population(n: int, genome: list[Chromosome], *, seed: int = 1) -> Population:
    """Make people whose structures hold what genes, age, sex, site and chance give them.

    Parameters
    ----------
    n : int
    genome : list of Chromosome
        Of as many people.
    seed : int
    """
    rng = np.random.default_rng([seed, 29])
    covariates = _covariates(n, rng)
    old, man = z_scores(covariates["age"]), z_scores(covariates["sex"] == "M")
    at_second = z_scores(covariates["site"] == SITES[1])
    share = min(STUDY_SHARE * STUDY_SIZE / n, MOST_SHARE)
    lead = {locus.gene: _lead(locus, genome) for locus in LOCI}
    given = {kind: _loci(kind, n, lead, share) for kind in KINDS}
    given["iron"] = given["iron"] + _polygenic(genome, len(NAMES), rng)
    push = np.where(np.array(NAMES) == "thalamus", -0.3, 0.35)  # iron of the thalamus falls with age
    explained = old[:, None] * push + 0.12 * man[:, None] + 0.10 * at_second[:, None]
    latents = {kind: given[kind] + _chance(given[kind], 0.85, rng) for kind in KINDS}
    total = {kind: latents[kind] + explained * (1.0 if kind == "iron" else 0.5) for kind in KINDS}
    values = {}
    for name, own, sign in (("chi", "calcium", 1), ("t2star", "myelin", -1)):
        zero = FLUID_CHI if name == "chi" else 0.0
        usual = np.array([1000 * (getattr(STRUCTURES[one], name) - zero) for one in NAMES])
        both = WEIGHTS["iron"] * total["iron"] + WEIGHTS[own] * total[own]
        sides = both[..., None] + WEIGHTS["side"] * rng.standard_normal((n, len(NAMES), 2))
        values[name] = usual[:, None] + sign * spread(name)[:, None] * sides
    inherited = {
        name: spread(name) * (WEIGHTS["iron"] * given["iron"] + WEIGHTS[own] * given[own])
        for name, own in (("chi", "calcium"), ("t2star", "myelin"))
    }
    volume = np.exp(7.2 + 0.4 * old + 0.7 * rng.standard_normal(n))
    usual = np.array(GRADIENTS)[:, None]
    gradients = usual * np.exp(GRADIENT_SPREAD * rng.standard_normal((n, len(NAMES), 2)))
    rest = {name: rng.standard_normal(n) for name in LESION_SLOPES}
    rest["gradient"] = 0.25 * np.exp(GRADIENT_SPREAD * rng.standard_normal(n))
    ids = [str(1_000_001 + number) for number in range(n)]
    return Population(ids, covariates, values, inherited, latents, volume, gradients, lead, share, seed, rest)


def _covariates(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    age = rng.uniform(46, 82, n).round(2)
    return {
        "site": rng.choice(SITES, n, p=(0.6, 0.25, 0.15)),
        "sex": rng.choice(("F", "M"), n),
        "age": age,
        "head_size": rng.normal(1.3, 0.12, n).round(4),
        "head_motion": np.exp(rng.normal(-2 + 0.01 * (age - 64), 0.3, n)).round(4),
        "date": rng.uniform(2014.5, 2022.0, n).round(3),
    }


def _lead(locus: Locus, genome: list[Chromosome]) -> tuple[Chromosome, int]:
    """Return a common variant on the locus's chromosome, of usual linkage: else its share of h2 would mislead."""
    made = next(one for one in genome if one.name == locus.chrom)
    p = made.frequency
    allowed = common(made) & (np.minimum(p, 1 - p) > 0.2)
    score = linkage(made)
    usual = float(np.sqrt(np.nanmean(score**2)))
    away = np.where(allowed, np.abs(score - usual), np.inf)
    return made, int(np.argmin(away))


def _loci(kind: str, n: int, lead: dict[str, tuple[Chromosome, int]], share: float) -> np.ndarray:
    made = np.zeros((n, len(NAMES)))
    for locus in LOCI:
        if locus.kind == kind:
            chromosome, variant = lead[locus.gene]
            count = standardised(chromosome, np.array([variant]))[0]
            own = share if kind == "iron" else min(3 * share, 0.5)  # they weigh less in a phenotype
            for structure in locus.structures:
                made[:, NAMES.index(structure)] += locus.sign * np.sqrt(own) * count
    return made


def _polygenic(genome: list[Chromosome], n_structures: int, rng: np.random.Generator) -> np.ndarray:
    """Add up small effects of all common variants, alike in variance whatever their frequency."""
    n_variants = sum(int(common(one).sum()) for one in genome)
    made = np.zeros((genome[0].counts.shape[1], n_structures), np.float32)
    for chromosome in genome:
        variants = np.flatnonzero(common(chromosome))
        effect = rng.standard_normal((variants.size, n_structures), np.float32)
        made += standardised(chromosome, variants).T @ (effect * np.float32(np.sqrt(POLYGENIC / n_variants)))
    return made.astype(np.float64)


def _chance(given: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    """Return what is missing to a variance."""
    left = np.maximum(variance - given.var(axis=0), 0.1)
    return np.sqrt(left) * rng.standard_normal(given.shape)


def z_scores(values: np.ndarray) -> np.ndarray:
    """Return values of mean 0 and standard deviation 1."""
    return (values - values.mean()) / values.std()
