"""Associations of one trait as a text table in another program's form.

P is never written as a number that could become zero: GWAS-SSF has a column for -log10 P, LDSC takes z, and what FUMA
reads as P is written as mantissa and exponent from the logarithm.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.results import Results
from nipype_qsm.io import atomically

HEADS = {
    "gwas_ssf": "chromosome base_pair_location effect_allele other_allele beta standard_error effect_allele_frequency "
    "neg_log_10_p_value rsid n info",
    "ldsc": "SNP A1 A2 N Z",
    "fuma": "SNP CHR BP A1 A2 P BETA SE N",
}
FORMS = tuple(HEADS)
NUMBERS = {"X": "23", "Y": "24", "MT": "25"}  # of the catalogue's standard


def p_text(mlog10p: float) -> str:
    """Write P from -log10 P, however small.

    Parameters
    ----------
    mlog10p : float
    """
    exponent = int(np.floor(-mlog10p))
    return f"{10 ** (-mlog10p - exponent):.4f}e{exponent:d}"


def export(results: Results, trait: str, form: str, folder: Path) -> Path:
    """Write one trait.

    Parameters
    ----------
    results : Results
    trait : str
    form : str
        One of `FORMS`.
    folder : Path

    Returns
    -------
    path : Path
        `<trait>.<form>.tsv.gz`, or `<trait>.sumstats.gz` for LDSC.
    """
    stem = trait.replace("/", "_")  # a name is no path
    path = folder / (f"{stem}.sumstats.gz" if form == "ldsc" else f"{stem}.{form}.tsv.gz")
    names = ["chrom", "pos", "id", "effect_allele", "other_allele", "af", "info"]
    values = [f"{value}_{trait}" for value in ("beta", "se", "mlog10p", "n")]
    line = LINES[form]
    with atomically(path) as temporary, gzip.open(temporary, "wt", compresslevel=4) as file:
        file.write(HEADS[form].replace(" ", "\t") + "\n")
        for group in results.groups([*names, *values]):
            if (group[values[-1]] < 0).any():
                raise QSMError(
                    f"{results.folder} does not say how many people have {trait}.",
                    remedy="Test with another engine than bgenie, which leaves them out of its table.",
                )
            rows = zip(*(group[name].tolist() for name in (*names, *values)), strict=True)
            file.writelines(line(*row) for row in rows if row[-3] == row[-3])
    return path


def _ssf(*row: object) -> str:
    chrom, pos, name, effect, other, af, info, beta, se, log_p, n = row
    number = NUMBERS.get(str(chrom), chrom)
    sure = f"{info:.4g}" if np.isfinite(info) else "#NA"  # type: ignore[call-overload]
    return f"{number}\t{pos}\t{effect}\t{other}\t{beta:.6g}\t{se:.6g}\t{af:.6g}\t{log_p:.6g}\t{name}\t{n}\t{sure}\n"


def _ldsc(*row: object) -> str:
    _, _, name, effect, other, _, _, beta, se, _, n = row
    return f"{name}\t{effect}\t{other}\t{n}\t{beta / se:.6g}\n"  # type: ignore[operator]


def _fuma(*row: object) -> str:
    chrom, pos, name, effect, other, _, _, beta, se, log_p, n = row
    number = NUMBERS.get(str(chrom), chrom)
    return f"{name}\t{number}\t{pos}\t{effect}\t{other}\t{p_text(log_p)}\t{beta:.6g}\t{se:.6g}\t{n}\n"  # type: ignore[arg-type]


LINES: dict[str, Callable[..., str]] = {"gwas_ssf": _ssf, "ldsc": _ldsc, "fuma": _fuma}
