"""Genotype files: the only place where one is opened or written.

`open_genotypes` returns a reader of BGEN, PLINK 1 or PLINK 2 files. A reader knows who is in the file, by id, and hands
out the variants in blocks of decoded allele counts, so that nothing ever holds a genome. People are joined to traits by
id and never by place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import Block, Genotypes, Selection
from nipype_qsm.genotypes.people import People

__all__ = ["Block", "Genotypes", "People", "Selection", "open_all", "open_genotypes"]


def open_genotypes(path: str | Path, samples: str | Path | None = None) -> Genotypes:
    """Open a genotype file by its kind.

    Parameters
    ----------
    path : path
        `.bgen`, `.bed` (with `.bim` beside it) or `.pgen` (with `.pvar`).
    samples : path, optional
        `.sample`, `.fam` or `.psam`; needed where the file itself does not say who is in it.
    """
    path = Path(path)
    if not path.is_file():
        raise QSMError(f"{path} does not exist.", remedy="Check the path of the genotype file.")
    if path.suffix == ".bgen":
        from nipype_qsm.genotypes.bgen import Bgen

        return Bgen(path, samples)
    if path.suffix == ".bed":
        from nipype_qsm.genotypes.plink import PlinkBed

        return PlinkBed(path, samples)
    if path.suffix == ".pgen":
        from nipype_qsm.genotypes.plink import PlinkPgen

        return PlinkPgen(path, samples)
    raise QSMError(f"{path.name} is not a genotype file of a known kind.", remedy="Give a .bgen, .bed or .pgen file.")


def open_all(paths: Sequence[str], samples: Sequence[str] = ()) -> list[Genotypes]:
    """Open genotype files with their sample files: none, one for all, or one each."""
    if len(samples) not in (0, 1, len(paths)):
        raise QSMError(
            f"{len(samples)} sample files for {len(paths)} genotype files.", remedy="Give one for all, or one each."
        )
    people = samples if len(samples) == len(paths) else [*(samples or [None])] * len(paths)
    return [open_genotypes(*one) for one in zip(paths, people, strict=True)]
