"""LD scores from files, as the LDSC authors distribute them: one file a chromosome, and the counts beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import QSMError


@dataclass(frozen=True)
class LDScores:
    """Scores of the autosomes, in the order of the genome.

    Parameters
    ----------
    table : pandas.DataFrame
        CHR, SNP, BP, L2.
    m : float
        Variants of 5 to 50 % that the scores sum over.
    """

    table: Any
    m: float


def read_ld_scores(folder: str | Path) -> LDScores:
    """Read `*.l2.ldscore.gz` and `*.l2.M_5_50` of a folder, autosomes only.

    Parameters
    ----------
    folder : path
    """
    import pandas as pd

    folder = Path(folder)
    tables, m = [], 0.0
    for number in range(1, 23):
        paths = [*folder.glob(f"*{number}.l2.ldscore.gz"), *folder.glob(f"*{number}.l2.ldscore")]
        paths = [path for path in paths if not path.name.split(".l2.")[0].removesuffix(str(number))[-1:].isdigit()]
        if not paths:
            continue
        table = pd.read_csv(paths[0], sep=r"\s+")
        absent = [name for name in ("CHR", "SNP", "BP", "L2") if name not in table]
        if absent:
            raise QSMError(f"{paths[0]} has no column {', '.join(absent)}.", remedy="Give files that ldsc wrote.")
        count = Path(str(paths[0]).split(".l2.")[0] + ".l2.M_5_50")
        if not count.is_file():
            raise QSMError(f"{count} does not exist.", remedy="It holds the number of variants: copy it, too.")
        m += float(count.read_text().split()[0])
        tables.append(table[["CHR", "SNP", "BP", "L2"]])
    if not tables:
        raise QSMError(f"{folder} has no LD scores.", remedy="Give a folder with 1.l2.ldscore.gz ... 22.l2.ldscore.gz.")
    joined = pd.concat(tables).drop_duplicates("SNP")
    return LDScores(joined.sort_values(["CHR", "BP"], kind="stable").reset_index(drop=True), m)


def matched(scores: LDScores, ids: np.ndarray, chrom: np.ndarray, pos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join variants with LD scores by identifier; refuse another build of the genome.

    Parameters
    ----------
    scores : LDScores
    ids, chrom : (variants,) str array
    pos : (variants,) int array

    Returns
    -------
    rows, found : (matched,) int array
        Of the variants and of the table of scores, in the order of the genome.
    """
    import pandas as pd

    place = pd.Series(np.arange(len(ids)), index=pd.Index(ids))
    place = place[~place.index.duplicated(keep=False)]
    rows = place.reindex(scores.table["SNP"]).to_numpy()
    found = np.flatnonzero(~np.isnan(rows))
    rows = rows[found].astype(int)
    if found.size:
        same = scores.table["BP"].to_numpy()[found] == pos[rows]
        if same.mean() < 0.9:
            raise QSMError(
                f"Only {same.mean():.0%} of {found.size} shared identifiers stand where the LD scores have them.",
                remedy="Results and LD scores are of different builds of the genome: use those of one build.",
            )
    return rows, found


def require_overlap(n_found: int, n_variants: int, least: int, traits: Sequence[str]) -> None:
    """Refuse a regression on few variants."""
    if n_found < least:
        raise QSMError(
            f"{n_found} of {n_variants} variants have an LD score; {least} are needed for {len(traits)} traits.",
            remedy="Check that identifiers are rsIDs of the same build, or lower --min-variants knowing the risk.",
        )
