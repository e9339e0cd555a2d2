"""Seventeen million associations as the pixels they would light up.

Most points of a Manhattan plot fall on pixels that are taken already. Points are put into bins of the picture as they
are read, so that memory does not grow with the genome and drawing takes a second. Beyond a strength of 20 the
vertical axis is logarithmic: one locus at 300 would otherwise flatten all others.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nipype_qsm.kernels.genetics.genetic_map import LENGTHS

COLUMNS, STEP, TALLEST = 3000, 0.05, 160.0
KNEE = 20.0


def compressed(mlog10p: np.ndarray) -> np.ndarray:
    """Return the height of a point: linear up to 20, logarithmic beyond.

    Parameters
    ----------
    mlog10p : float array
    """
    value = np.asarray(mlog10p, float)
    return np.where(value <= KNEE, value, KNEE * (1 + np.log(np.maximum(value, KNEE) / KNEE)))


class Genome:
    """Places on the horizontal axis.

    Parameters
    ----------
    build : int
        37 or 38.
    """

    def __init__(self, build: int = 37) -> None:
        lengths = LENGTHS[build]
        ends = np.cumsum(list(lengths.values()))
        self.total = int(ends[-1])
        self.start = dict(zip(lengths, (ends - list(lengths.values())).tolist(), strict=True))
        self.middle = {name: self.start[name] + length / 2 for name, length in lengths.items()}

    def place(self, chrom: str, pos: np.ndarray) -> np.ndarray:
        """Return the fraction of the genome that lies to the left."""
        return (self.start[chrom] + np.asarray(pos, float)) / self.total


class Pixels:
    """Which pixels are lit, by chromosome.

    Parameters
    ----------
    genome : Genome
    """

    def __init__(self, genome: Genome) -> None:
        self.genome = genome
        self.n_points = 0
        self.highest = 0.0
        self._lit: dict[str, np.ndarray] = {}

    def add(self, chrom: str, pos: np.ndarray, mlog10p: np.ndarray) -> None:
        """Light the pixels of variants of one chromosome; others than 1 to 22 and X are left out.

        Parameters
        ----------
        chrom : str
        pos : (n,) int array
        mlog10p : (n,) float array
        """
        if chrom not in self.genome.start:
            return
        known = np.isfinite(mlog10p)
        if not known.any():
            return
        rows = np.minimum(compressed(mlog10p[known]), TALLEST - STEP) / STEP
        columns = self.genome.place(chrom, np.asarray(pos)[known]) * COLUMNS
        lit = self._lit.setdefault(chrom, np.zeros((COLUMNS, int(TALLEST / STEP)), bool))
        lit[np.minimum(columns, COLUMNS - 1).astype(np.int32), rows.astype(np.int32)] = True
        self.n_points += int(known.sum())
        self.highest = max(self.highest, float(mlog10p[known].max()))

    def points(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """Return place and height of the lit pixels of each chromosome."""
        found = {}
        for name in self.genome.start:
            if name in self._lit:
                column, row = np.nonzero(self._lit[name])
                found[name] = ((column + 0.5) / COLUMNS, (row + 0.5) * STEP)
        return found


class Quantiles:
    """Observed against expected strength, from counts.

    Attributes
    ----------
    counts : (bins,) int array
        Of -log10 P in steps of 0.01, the last for all beyond.
    """

    STEP = 0.01
    N_BINS = 40_000

    def __init__(self) -> None:
        self.counts = np.zeros(self.N_BINS, np.int64)

    def add(self, mlog10p: np.ndarray) -> None:
        """Count values."""
        known = np.asarray(mlog10p, float)
        known = known[np.isfinite(known)]
        rows = np.minimum(known / self.STEP, self.N_BINS - 1).astype(np.int64)
        self.counts += np.bincount(rows, minlength=self.N_BINS)

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Return expected and observed -log10 P at each bin that holds a value, weak to strong."""
        n = int(self.counts.sum())
        held = np.flatnonzero(self.counts)
        at_least = np.cumsum(self.counts[::-1])[::-1][held]
        return -np.log10((at_least - 0.5) / n), (held + 0.5) * self.STEP

    def lambda_gc(self) -> float:
        """Return the genomic-control factor: median chi-square over that of no association."""
        from scipy.stats import chi2

        n = int(self.counts.sum())
        edges = np.arange(self.N_BINS + 1) * self.STEP
        median = float(np.interp(n / 2, np.concatenate([[0], np.cumsum(self.counts)]), edges)) if n else 0.0
        return float(chi2.isf(10.0**-median, 1) / chi2.ppf(0.5, 1))
