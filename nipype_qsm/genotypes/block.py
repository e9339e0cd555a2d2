"""What every reader of genotypes hands out: blocks of variants, decoded for the people who are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.people import People
from nipype_qsm.kernels.genetics.probabilities import N_SUMS

NUMBERED = {"23": "X", "24": "Y", "25": "XY", "26": "MT", "M": "MT", "PAR1": "XY", "PAR2": "XY", "PAR": "XY"}


def chromosome(name: str) -> str:
    """Return a chromosome's name without decoration: `chr1`, `01` and `1` are `1`; 23 is `X`.

    Parameters
    ----------
    name : str
    """
    plain = name.strip()
    plain = (plain[3:] if plain[:3].lower() == "chr" else plain).upper()
    plain = plain.lstrip("0") or "0"
    return NUMBERED.get(plain, plain)


def order(name: str) -> tuple[int, str]:
    """Return a key that sorts chromosomes as people do: 1 to 22, X, Y, XY, MT, others."""
    plain = chromosome(name)
    if plain.isdigit():
        return int(plain), ""
    return {"X": 23, "Y": 24, "XY": 25, "MT": 26}.get(plain, 99), plain


@dataclass(frozen=True)
class Selection:
    """Which variants are wanted.

    Parameters
    ----------
    regions : tuple of (chromosome, first, last)
        Empty for everywhere.
    ids : frozenset of str
        Identifiers, or `chromosome:position:other:effect`; empty for all.
    """

    regions: tuple[tuple[str, int, int], ...] = ()
    ids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, regions: list[str] | None = None, ids: set[str] | None = None) -> Selection:
        """Read `22`, `22:30500000-31500000`."""
        return cls(tuple(_region(text) for text in regions or ()), frozenset(ids or ()))

    def __bool__(self) -> bool:
        return bool(self.regions or self.ids)

    def takes(self, chrom: str, pos: int, name: str, other: str, effect: str) -> bool:
        """Tell whether a variant is wanted."""
        if self.regions and not any(c == chrom and low <= pos <= high for c, low, high in self.regions):
            return False
        return not self.ids or name in self.ids or f"{chrom}:{pos}:{other}:{effect}" in self.ids


EVERYTHING = Selection()


def _region(text: str) -> tuple[str, int, int]:
    name, _, span = text.partition(":")
    first, _, last = span.replace(",", "").partition("-")
    if span and not (first.isdigit() and (last or first).isdigit()):
        raise QSMError(f"'{text}' is not a region.", remedy="Write 22, or 22:30500000-31500000.")
    return (chromosome(name), int(first), int(last or first)) if span else (chromosome(name), 0, 2**62)


@dataclass
class Block:
    """Variants, decoded.

    Parameters
    ----------
    capacity, n_people : int

    Attributes
    ----------
    chrom, id, effect_allele, other_allele : list of str
    pos : list of int
    values : (variants, people) float32 array
        Expected count of the effect allele minus `centre`, both in units of 1 / `unit`; zero for the missing.
    sums : (variants, 8) float array
        See `kernels.genetics.probabilities.Sums`; frequencies and quality follow from it.
    missing : dict
        Variant in the block to the rows of people without a genotype.
    """

    capacity: int
    n_people: int
    chrom: list[str] = field(default_factory=list)
    pos: list[int] = field(default_factory=list)
    id: list[str] = field(default_factory=list)
    effect_allele: list[str] = field(default_factory=list)
    other_allele: list[str] = field(default_factory=list)
    missing: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = np.empty((self.capacity, self.n_people), np.float32)
        self.sums = np.zeros((self.capacity, N_SUMS))
        self.unit = np.ones(self.capacity)
        self.centre = np.zeros(self.capacity)

    def __len__(self) -> int:
        return len(self.pos)

    @property
    def full(self) -> bool:
        """Whether no further variant fits."""
        return len(self) == self.capacity

    def add(self, chrom: str, pos: int, name: str, other: str, effect: str) -> int:
        """Name the next variant and return its row."""
        self.chrom.append(chrom)
        self.pos.append(pos)
        self.id.append(name)
        self.other_allele.append(other)
        self.effect_allele.append(effect)
        return len(self.pos) - 1

    def clear(self) -> None:
        """Make room for the next variants."""
        for names in (self.chrom, self.pos, self.id, self.other_allele, self.effect_allele, self.missing):
            names.clear()

    def dosages(self) -> np.ndarray:
        """Return expected allele counts, NaN where missing."""
        n = len(self)
        found = (self.values[:n] + self.centre[:n, None]) / self.unit[:n, None]
        for row, people in self.missing.items():
            found[row, people] = np.nan
        return found


class Genotypes(Protocol):
    """A genotype file that is open."""

    path: Path
    people: People
    n_variants: int
    probabilities: bool
    skipped: int

    def blocks(
        self, rows: np.ndarray, size: int = 128, selection: Selection = EVERYTHING, haploid_count: float = 2.0
    ) -> Iterator[Block]:
        """Walk the variants for the people in `rows`; a block is valid until the next one is asked for."""
        ...
