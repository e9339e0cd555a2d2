"""Imputed genotypes whose linkage is known: in blocks, everyone copies from a few founders.

A block is some 200,000 bases in which haplotypes are mosaics of founder haplotypes; founders carry alleles that change
along the block as a random walk does. Blocks differ in how often the copied founder changes, so that LD scores differ,
as LD score regression needs. Between blocks nothing is shared. Some variants are spoiled (rare, badly imputed, out of
equilibrium), so that a scan's filters have work.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nipype_qsm.genotypes.bgen_writer import BgenWriter, diploid_block
from nipype_qsm.io import atomically
from nipype_qsm.kernels.genetics.genetic_map import LENGTHS
from nipype_qsm.kernels.genetics.ld_scores import ld_scores

BUILD = 37
BLOCK_BASES = 200_000
CM_IN_BLOCK, CM_BETWEEN = 0.06, 1.0
"""Genetic length of a block, and least distance between two, cM."""
N_FOUNDERS = (4, 30)
SWITCH = (0.001, 0.08)
"""Chance that the copied founder changes from one variant to the next: the range between blocks."""
PERSISTENCE = (0.5, 0.998)
"""Correlation of a founder's allele with that at the next variant, before the threshold: the range between blocks."""
UNSURE = 0.05
"""Share of genotypes that imputation does not call with certainty."""
SPOILED = ("rare", "uncertain", "out of equilibrium")


@dataclass
class Chromosome:
    """The variants of one chromosome.

    Parameters
    ----------
    name : str
    pos : (variants,) int array, bases
    block : (variants,) int array
    counts : (variants, people) uint8 array
        True effect alleles.
    spoiled : (variants,) int array
        0, or 1 + the place in `SPOILED`.
    """

    name: str
    pos: np.ndarray
    block: np.ndarray
    counts: np.ndarray
    spoiled: np.ndarray

    @property
    def ids(self) -> list[str]:
        """Names of the variants."""
        return [f"rs{self.name}_{number}" for number in range(1, self.pos.size + 1)]

    @property
    def cm(self) -> np.ndarray:
        """Place on the genetic map, cM."""
        return np.interp(self.pos, *self.markers())

    @property
    def frequency(self) -> np.ndarray:
        """Of the effect allele."""
        return self.counts.mean(axis=1, dtype=np.float64) / 2

    def markers(self) -> tuple[np.ndarray, np.ndarray]:
        """Return positions and cM of the ends of the blocks: there is no recombination to speak of within."""
        first = np.array([self.pos[self.block == b].min() for b in np.unique(self.block)])
        apart = np.maximum(CM_BETWEEN, np.diff(first, prepend=first[0]) / 1e6)
        start = np.cumsum(apart + CM_IN_BLOCK)
        return (
            np.stack([first, first + BLOCK_BASES], axis=1).ravel(),
            np.stack([start, start + CM_IN_BLOCK], axis=1).ravel(),
        )


def chromosomes(n_people: int, n_blocks: int, *, per_block: int = 60, seed: int = 1) -> Iterator[Chromosome]:
    """Make the autosomes, each with blocks in proportion to its length.

    Parameters
    ----------
    n_people : int
    n_blocks : int
        About how many in all.
    per_block : int
        Variants of a block.
    seed : int

    Yields
    ------
    chromosome : Chromosome
    """
    lengths = {name: length for name, length in LENGTHS[BUILD].items() if name != "X"}
    total = sum(lengths.values())
    for number, (name, length) in enumerate(lengths.items()):
        rng = np.random.default_rng([seed, 23, number])
        yield _chromosome(name, max(2, round(n_blocks * length / total)), (n_people, per_block), rng)


def _chromosome(name: str, n_blocks: int, size: tuple[int, int], rng: np.random.Generator) -> Chromosome:
    n_people, per_block = size
    length = LENGTHS[BUILD][name]
    room = length / (n_blocks + 1)
    starts = (np.arange(n_blocks) + 0.6 + 0.3 * rng.random(n_blocks)) * room
    pos, counts = [], []
    for start in starts.astype(int):
        inside = np.sort(rng.choice(BLOCK_BASES - 1, per_block, replace=False)) + 1
        pos.append(start + inside)
        switch = float(np.exp(rng.uniform(*np.log(SWITCH))))
        alleles = founders(int(rng.integers(*N_FOUNDERS)), per_block, float(rng.uniform(*PERSISTENCE)), rng)
        haplotypes = copied(2 * n_people, alleles, switch, rng)
        counts.append(haplotypes[:, ::2] + haplotypes[:, 1::2])
    block = np.repeat(np.arange(n_blocks), per_block)
    made = Chromosome(name, np.concatenate(pos), block, np.concatenate(counts), np.zeros(block.size, int))
    _spoil(made, rng)
    return made


def founders(n_founders: int, n_variants: int, persistence: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the founders' alleles: frequencies of 5 to 50 %, neighbours alike.

    Parameters
    ----------
    n_founders, n_variants : int
    persistence : float, 0 to 1
        Correlation of a founder's allele with that at the next variant, before the threshold.
    rng : numpy Generator

    Returns
    -------
    alleles : (founders, variants) uint8 array
        Every variant has both alleles.
    """
    walk = rng.standard_normal((n_variants, n_founders))
    for v in range(1, n_variants):
        walk[v] = persistence * walk[v - 1] + np.sqrt(1 - persistence**2) * walk[v]
    wanted = np.maximum(1, np.rint(rng.uniform(0.05, 0.5, n_variants) * n_founders)).astype(int)
    carries = np.argsort(np.argsort(-walk, axis=1), axis=1) < wanted[:, None]
    return carries.T.astype(np.uint8)


def copied(n_haplotypes: int, alleles: np.ndarray, switch: float, rng: np.random.Generator) -> np.ndarray:
    """Make haplotypes as mosaics of founders.

    Parameters
    ----------
    n_haplotypes : int
    alleles : (founders, variants) uint8 array
    switch : float
        Chance that the founder changes from a variant to the next.
    rng : numpy Generator

    Returns
    -------
    haplotypes : (variants, haplotypes) uint8 array
    """
    n_founders, n_variants = alleles.shape
    source = rng.integers(n_founders, size=n_haplotypes)
    made = np.empty((n_variants, n_haplotypes), np.uint8)
    for v in range(n_variants):
        n_changed = rng.binomial(n_haplotypes, switch)
        changed = rng.integers(n_haplotypes, size=n_changed)
        source[changed] = rng.integers(n_founders, size=n_changed)
        made[v] = alleles[source, v]
    return made


def _spoil(made: Chromosome, rng: np.random.Generator, share: float = 0.02) -> None:
    """Make some variants rare and some out of equilibrium, and mark those that will be badly imputed."""
    n_people = made.counts.shape[1]
    chosen = rng.choice(made.pos.size, max(3, round(share * made.pos.size)), replace=False)
    for number, variant in enumerate(chosen):
        kind = number % len(SPOILED)
        made.spoiled[variant] = 1 + kind
        if kind == 0:
            made.counts[variant] = rng.binomial(2, 0.002, n_people)
        elif kind == 2:
            made.counts[variant][made.counts[variant] == 1] = 0


def write_bgen(made: Chromosome, ids: list[str], path: Path, rng: np.random.Generator) -> Path:
    """Write a chromosome as imputation leaves it: probabilities of eight bits, some of them unsure.

    Parameters
    ----------
    made : Chromosome
    ids : list of str
        People.
    path : path
    rng : numpy Generator
    """
    diploid = np.full(len(ids), 2, np.uint8)
    with BgenWriter(path, ids) as writer:
        for v, name in enumerate(made.ids):
            writer.add(
                (made.name, int(made.pos[v]), name), ("A", "G"), diploid_block(diploid, _probabilities(made, v, rng))
            )
    return path


def _probabilities(made: Chromosome, v: int, rng: np.random.Generator) -> np.ndarray:
    calls, p = made.counts[v], float(made.counts[v].mean()) / 2
    found = np.zeros((calls.size, 3), np.float32)
    found[np.arange(calls.size), calls] = 1
    badly = made.spoiled[v] == 1 + SPOILED.index("uncertain")
    unsure = slice(None) if badly else np.flatnonzero(rng.random(calls.size) < UNSURE)
    kept = np.float32(0.3 if badly else 0.7)
    guess = np.array([(1 - p) ** 2, 2 * p * (1 - p), p**2], np.float32)
    found[unsure] = kept * found[unsure] + (1 - kept) * guess
    stored = np.rint(found[:, :2] * 255)
    stored[:, 1] = np.minimum(stored[:, 1], 255 - stored[:, 0])
    return stored.astype(np.uint8)


def write_map(made: Chromosome, path: Path) -> Path:
    """Write the genetic map of a chromosome (`pos chr cM`)."""
    with atomically(path) as temporary:
        rows = "".join(f"{p} {made.name} {cm:.6f}\n" for p, cm in zip(*made.markers(), strict=True))
        temporary.write_text("pos chr cM\n" + rows)
    return path


def linkage(made: Chromosome, *, n_most: int = 2000) -> np.ndarray:
    """Return the LD score of each variant among those that are not spoiled; NaN for these.

    Parameters
    ----------
    made : Chromosome
    n_most : int
        People whose genotypes are used.
    """
    good = np.flatnonzero(made.spoiled == 0)
    score = np.full(made.pos.size, np.nan)
    score[good] = ld_scores(made.counts[good, :n_most], made.cm[good], window=CM_BETWEEN / 2)
    return score


def write_ld_scores(made: Chromosome, folder: Path) -> None:
    """Write LD scores and the number of common variants, as LDSC has them.

    Parameters
    ----------
    made : Chromosome
    folder : path
    """
    score, ids = linkage(made), made.ids
    good = np.flatnonzero(made.spoiled == 0)
    folder.mkdir(parents=True, exist_ok=True)
    with atomically(folder / f"{made.name}.l2.ldscore.gz") as temporary, gzip.open(temporary, "wt") as file:
        file.write("CHR\tSNP\tBP\tL2\n")
        file.writelines(f"{made.name}\t{ids[v]}\t{made.pos[v]}\t{score[v]:.4f}\n" for v in good)
    with atomically(folder / f"{made.name}.l2.M_5_50") as temporary:
        temporary.write_text(f"{int(common(made).sum())}\n")


def common(made: Chromosome) -> np.ndarray:
    """Return which variants are not spoiled and have both alleles in at least 5 %."""
    p = made.frequency
    return (made.spoiled == 0) & (np.minimum(p, 1 - p) >= 0.05)


def standardised(made: Chromosome, variants: np.ndarray) -> np.ndarray:
    """Return true counts with mean 0 and variance 1, (variants, people) float32."""
    counts = made.counts[variants].astype(np.float32)
    counts -= counts.mean(axis=1, keepdims=True)
    return counts / counts.std(axis=1, keepdims=True)
