"""Tables of associations: this package's own, and the Peaks tool's two (BSD-2, formats only).

The tool knows traits by five characters (V0001) and chromosomes by two (01, 0X); both are accepted, and written for
it, with a list of which trait is which number where names are longer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import chromosome
from nipype_qsm.io import atomically
from nipype_qsm.kernels.cohort.modalities import OTHER, QSM, T2STAR, modality
from nipype_qsm.tables import Row, read_rows, write_rows

COLUMNS = ("trait", "chrom", "pos", "id", "effect_allele", "other_allele", "af", "beta", "se", "mlog10p", "n", "cm")
PEAK_COLUMNS = (*COLUMNS, "n_variants", "replication_beta", "replication_se", "replication_mlog10p", "replicated")
KIND_WORD = re.compile(r"(?<![a-z])(?:(qsm|chi|suscept(?:ibility)?)|[tr]2(?:star|\*))(?![a-z])", re.IGNORECASE)
TABLE_1 = "rsid pheno chr pos a1 a2 p-value beta se p-value(repro) beta(repro) se(repro) nominal"
TABLE_2 = "lead_rsid lead_pheno lead_p-value lead_chr lead_pos cluster_nominal cluster_rsids_phenos"
FROM_TABLE_1 = {
    "rsid": "id",
    "pheno": "trait",
    "chr": "chrom",
    "pos": "pos",
    "a1": "other_allele",
    "a2": "effect_allele",
    "p-value": "mlog10p",
    "beta": "beta",
    "se": "se",
    "p-value(repro)": "replication_mlog10p",
    "beta(repro)": "replication_beta",
    "se(repro)": "replication_se",
    "nominal": "replicated",
}


def read_hits(path: str | Path) -> list[Row]:
    """Read associations, one row each, from a table of this package or the tool's Table 1.

    Parameters
    ----------
    path : path
    """
    path = Path(path)
    if not path.is_file():
        raise QSMError(f"{path} does not exist.", remedy="Give the table that `gwas peaks` wrote.")
    with path.open() as file:
        first = file.readline().split()
    if first == TABLE_1.split():
        return _table_1(path)
    rows = read_rows(path, ("trait", "chrom", "pos", "id", "mlog10p"))
    for row in rows:
        row["chrom"], row["id"], row["trait"] = chromosome(str(row["chrom"])), str(row["id"]), str(row["trait"])
    return rows


def _table_1(path: Path) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(path.read_text().splitlines()[1:], start=2):
        cells = line.split()
        if len(cells) != len(FROM_TABLE_1):
            raise QSMError(f"Line {number} of {path} has {len(cells)} cells.", remedy=f"It needs: {TABLE_1}.")
        row: Row = dict(zip(FROM_TABLE_1.values(), cells, strict=True))
        row["chrom"] = chromosome(str(row["chrom"]))
        try:
            row["pos"], row["replicated"] = int(str(row["pos"])), int(str(row["replicated"]))
            for name in ("mlog10p", "beta", "se", "replication_mlog10p", "replication_beta", "replication_se"):
                row[name] = float("nan") if row[name] == "NA" else float(str(row[name]))
        except ValueError as error:
            raise QSMError(f"Line {number} of {path}: {error}.", remedy="Repair that line.") from None
        rows.append(row)
    return rows


def column(rows: Sequence[Row], name: str, missing: float = float("nan")) -> np.ndarray:
    """Return a column of numbers; cells that are not there are `missing`."""
    values = [row.get(name, missing) for row in rows]
    return np.array([value if isinstance(value, (int, float)) else missing for value in values], float)


def names(rows: Sequence[Row], name: str) -> np.ndarray:
    """Return a column of text."""
    return np.array([str(row[name]) for row in rows], str)


def numbered(traits: Sequence[str]) -> dict[str, str]:
    """Return the five characters by which the tool knows each trait."""
    distinct = list(dict.fromkeys(traits))
    if all(len(name) == 5 and not name.isspace() for name in distinct):
        return {name: name for name in distinct}
    return {name: f"V{number:04d}" for number, name in enumerate(distinct, start=1)}


def write_table_1(rows: Sequence[Row], path: str | Path) -> Path:
    """Write associations as the tool reads them; where it numbers traits, a list of them stands beside the table.

    Parameters
    ----------
    rows : sequence of dict
    path : path
    """
    number = numbered([str(row["trait"]) for row in rows])
    lines = [TABLE_1]
    for row in rows:
        values = [_five(row.get(name)) for name in ("mlog10p", "beta", "se")]
        repeated = [_five(row.get(f"replication_{name}")) for name in ("mlog10p", "beta", "se")]
        alleles = [str(row.get(name, "NA")) for name in ("other_allele", "effect_allele")]
        facts = [str(row["id"]), number[str(row["trait"])], _two(str(row["chrom"])), str(row["pos"])]
        lines.append(" ".join([*facts, *alleles, *values, *repeated, str(int(bool(row.get("replicated") == 1)))]))
    _write(path, lines)
    if any(name != short for name, short in number.items()):
        write_rows(
            [{"number": short, "trait": name} for name, short in number.items()],
            Path(path).with_name(f"{Path(path).stem}_traits.tsv"),
            ("number", "trait"),
        )
    return Path(path)


def write_table_2(rows: Sequence[Row], leads: Sequence[int], owner: np.ndarray, path: str | Path) -> Path:
    """Write clusters as the tool does: one a line, its lead first, then identifier and trait of each other member.

    Parameters
    ----------
    rows : sequence of dict
        The associations.
    leads : sequence of int
    owner : (associations,) int array
        Lead of each.
    path : path
    """
    number = numbered([str(row["trait"]) for row in rows])
    lines = [TABLE_2]
    for lead in leads:
        members = [one for one in np.flatnonzero(owner == lead).tolist() if one != lead]
        nominal = sum(rows[one].get("replicated") == 1 for one in [lead, *members])
        row = rows[lead]
        facts = [str(row["id"]), number[str(row["trait"])], f"{row['mlog10p']:.6f}", _two(str(row["chrom"]))]
        pairs = [f"{rows[one]['id']} {number[str(rows[one]['trait'])]}" for one in members]
        lines.append(" ".join([*facts, str(row["pos"]), str(nominal), *pairs]))
    _write(path, lines)
    return Path(path)


def kind_of(trait: str, kinds: Mapping[str, str] | None = None) -> str:
    """Return whether a trait is of QSM, of T2* or other, by a word in its name or by a table.

    Parameters
    ----------
    trait : str
    kinds : mapping, optional
        Trait to kind.
    """
    if kinds and trait in kinds:
        return kinds[trait]
    if modality(trait) != OTHER:
        return modality(trait)
    word = KIND_WORD.search(trait)
    return OTHER if word is None else QSM if word[1] else T2STAR


def _five(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, (int, float)) and not math.isnan(value) else "NA"


def _two(chrom: str) -> str:
    return f"{int(chrom):02d}" if chrom.isdigit() else f"0{chrom}"[-2:]


def _write(path: str | Path, lines: list[str]) -> None:
    with atomically(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n")
