"""Associations of other programs, read into this package's tables: plink2, regenie, BGENIE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import chromosome
from nipype_qsm.genotypes.results import VALUES, ResultWriter

PIECE = 100_000
UNKNOWN = -1
"""People, where a program does not say how many."""
NAMES = {
    "chrom": ("#CHROM", "CHROM", "chr"),
    "pos": ("POS", "GENPOS", "pos"),
    "id": ("ID", "rsid"),
    "effect_allele": ("A1", "ALLELE1", "a_1"),
    "other_allele": ("REF", "ALLELE0", "a_0"),
    "af": ("A1_FREQ", "A1FREQ", "af"),
    "info": ("INFO", "info"),
    "beta": ("BETA",),
    "se": ("SE",),
    "mlog10p": ("LOG10_P", "NEG_LOG10_P", "LOG10P"),
    "n": ("OBS_CT", "N"),
}


def collect(paths: Sequence[str], traits: Sequence[str], folder: Path, program: str) -> int:
    """Write another program's associations as this package's tables.

    Parameters
    ----------
    paths : sequence of str
        One table a trait, with the same variants in the same order, or one of all.
    traits : sequence of str
    folder : Path
    program : str
        Said in `gwas.json`.

    Returns
    -------
    n_variants : int
    """
    if not paths:
        raise QSMError(f"{program} wrote no associations.", remedy="Look at its log.")
    if len(paths) not in (1, len(traits)):
        raise QSMError(
            f"{len(paths)} tables for {len(traits)} traits.", remedy="Give one table a trait, or one of all."
        )
    with ResultWriter(folder, traits, {"program": program, "cohort": "all"}) as writer:
        for parts in zip_longest(*(_pieces(path) for path in paths)):
            first = next(part for part in parts if part is not None)
            if any(part is None or _places(part) != _places(first) for part in parts):
                raise QSMError(
                    "The tables of the traits hold different variants.", remedy="Run the program on all at once."
                )
            own = parts if len(parts) == len(traits) else parts * len(traits)
            held = [_of_trait(part, name) for part, name in zip(own, traits, strict=True)]
            facts: dict[str, Any] = {
                one: first[_name(first, one)].astype(str).tolist() for one in ("id", "effect_allele", "other_allele")
            }
            facts["chrom"] = [chromosome(str(one)) for one in first[_name(first, "chrom")]]
            facts["pos"] = _places(first)
            facts["af"] = first[_name(first, "af")].to_numpy(float)
            info = _name(first, "info", required=False)
            facts["info"] = first[info].to_numpy(float) if info else np.full(len(first), np.nan)
            facts["n"] = np.max([one["n"] for one in held], axis=0)
            writer.add(facts, {value: np.stack([one[value] for one in held], axis=1) for value in VALUES})
    return writer.n_variants


def _places(table: Any) -> list[int]:
    return table[_name(table, "pos")].tolist()


def _pieces(path: str) -> Iterator[Any]:
    import pandas as pd

    with pd.read_csv(
        path, sep=r"\s+", chunksize=PIECE, dtype={"#CHROM": str, "CHROM": str, "chr": str}, comment=None
    ) as table:
        yield from table


def _of_trait(table: Any, trait: str) -> dict[str, np.ndarray]:
    if f"{trait}_beta" in table:  # BGENIE
        values = {"beta": f"{trait}_beta", "se": f"{trait}_se", "mlog10p": f"{trait}-log10p"}
        found = {name: table[column].to_numpy(float) for name, column in values.items()}
        return found | {"n": np.full(len(table), UNKNOWN)}
    return {
        value: np.nan_to_num(table[_name(table, value)].to_numpy(float), nan=0 if value == "n" else np.nan)
        for value in VALUES
    }


def _name(table: Any, what: str, *, required: bool = True) -> str:
    for name in NAMES[what]:
        if name in table:
            return name
    if required:
        raise QSMError(
            f"The table has no column {' or '.join(NAMES[what])}; it has {', '.join(map(str, table))}.",
            remedy="Give the output of plink2 --glm log10, regenie step 2 or bgenie --pvals.",
        )
    return ""
