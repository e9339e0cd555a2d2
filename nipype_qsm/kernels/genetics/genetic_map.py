"""Positions on the genetic map: from bases to centimorgans.

Recombination breaks the genome unevenly, so that "near" means few centimorgans and not few bases. Between the markers
of a map the distance grows in proportion; before its first and after its last it does not grow. A map belongs to one
build of the genome: positions that lie beyond the end of a chromosome in that build come from another one and are
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nipype_qsm.errors import QSMError

NAMES = [*(str(number) for number in range(1, 23)), "X"]
LENGTHS = {
    build: dict(zip(NAMES, map(int, lengths.split()), strict=True))
    for build, lengths in {
        37: """249250621 243199373 198022430 191154276 180915260 171115067 159138663 146364022 141213431 135534747
            135006516 133851895 115169878 107349540 102531392 90354753 81195210 78077248 59128983 63025520 48129895
            51304566 155270560""",
        38: """248956422 242193529 198295559 190214555 181538259 170805979 159345973 145138636 138394717 133797422
            135086622 133275309 114364328 107043718 101991189 90338345 83257441 80373285 58617616 64444167 46709983
            50818468 156040895""",
    }.items()
}
"""Bases of each chromosome, by build of the genome."""


def require_build(chrom: np.ndarray, pos: np.ndarray, build: int = 37) -> None:
    """Refuse positions that do not exist in a build of the genome.

    Parameters
    ----------
    chrom : (n,) str array
    pos : (n,) int array
    build : int
        37 or 38.
    """
    if build not in LENGTHS:
        raise QSMError(f"Build {build} of the genome is not known here.", remedy="Use 37 (hg19) or 38.")
    chrom, pos = np.asarray(chrom, str), np.asarray(pos)
    for name, length in LENGTHS[build].items():
        beyond = pos[(chrom == name) & (pos > length)]
        if beyond.size:
            raise QSMError(
                f"Position {beyond.max()} lies beyond the end of chromosome {name} in build {build} ({length}).",
                remedy="The positions are of another build of the genome: lift them over, or name the build.",
            )


@dataclass(frozen=True)
class GeneticMap:
    """Markers with their distance from the start of the chromosome.

    Parameters
    ----------
    markers : mapping
        Chromosome to (position [bases], distance [cM]), both ascending.
    cm_per_mb : float
        Taken for chromosomes without markers; 0 refuses them.
    """

    markers: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    cm_per_mb: float = 0.0

    def cm(self, chrom: np.ndarray, pos: np.ndarray) -> np.ndarray:
        """Return the distance of each position from the start of its chromosome.

        Parameters
        ----------
        chrom : (n,) str array
        pos : (n,) int array

        Returns
        -------
        cm : (n,) float array
        """
        chrom, pos = np.asarray(chrom, str), np.asarray(pos)
        found = np.empty(pos.size)
        for name in np.unique(chrom):
            own = chrom == name
            if name in self.markers:
                found[own] = np.interp(pos[own], *self.markers[name])
            elif self.cm_per_mb > 0:
                found[own] = pos[own] * 1e-6 * self.cm_per_mb
            else:
                raise QSMError(
                    f"The genetic map has no chromosome {name}; it has {', '.join(self.markers) or 'none'}.",
                    remedy="Give its map, or a rate for chromosomes without one (about 1.2 cM per million bases).",
                )
        return found
