"""Peaks as a node: from folders of associations to a table of independent ones, with their replication."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import chromosome
from nipype_qsm.genotypes.hits import PEAK_COLUMNS, write_table_1
from nipype_qsm.genotypes.results import Results, key, parts_of
from nipype_qsm.interfaces.base import TableStep, TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import MapInputSpec, given
from nipype_qsm.interfaces.ports import Directory, File
from nipype_qsm.kernels.genetics.genetic_map import require_build
from nipype_qsm.kernels.genetics.peaks import peaks
from nipype_qsm.tables import Row, write_rows

PLACE = ["chrom", "pos", "id", "effect_allele", "other_allele", "af"]


class PeaksInputSpec(MapInputSpec):
    """Inputs of the search for peaks."""

    results = Directory(exists=True, mandatory=True, desc="associations, as `gwas run` wrote them")
    replication = Directory(exists=True, desc="associations in other people")
    threshold = traits.Range(
        low=0.0, value=7.5, usedefault=True, desc="smallest -log10 P of a peak; 9.06 for 36 traits"
    )
    nominal = traits.Range(low=0.0, high=1.0, value=0.05, usedefault=True, desc="level of P at which a peak replicates")
    columns = traits.List(traits.Str, desc="traits to look at; all, unless given")


class PeaksOutputSpec(TraitedSpec):
    """A table, and the same in the form of the Peaks tool."""

    peaks = File(exists=True, table="peaks", desc="one row a peak, trait by trait, with its replication")
    table_1 = File(exists=True, table="peaks", desc="the same as the Peaks tool's Table 1")
    n_peaks = traits.Int(desc="peaks of all traits")


class Peaks(TableStep):
    """Find the independent associations of each trait."""

    input_spec, output_spec = PeaksInputSpec, PeaksOutputSpec
    _kernel = staticmethod(peaks)

    def _tables(self, folder: Path) -> dict[str, Any]:
        inputs = self.inputs
        where, *others = parts_of(inputs.results)
        again = given(inputs.replication) or next(iter(others), None)
        results = Results(where)
        names = [results.require(name) for name in given(inputs.columns) or results.traits]
        rows = self._found(results, names)
        if again is not None:
            replicate(rows, Results(again), inputs.nominal)
        path = write_rows(rows, folder / "peaks.tsv", PEAK_COLUMNS)
        first = write_table_1(rows, folder / "Table1.txt")
        return {"peaks": str(path), "table_1": str(first), "n_peaks": len(rows)}

    def _found(self, results: Results, names: list[str]) -> list[Row]:
        genetic_map, rows = self.inputs.read_map(), []
        strong = _strong(results, names, self.inputs.threshold)
        for name in names:
            own = strong[name]
            if not own["pos"].size:
                continue
            require_build(own["chrom"], own["pos"], self.inputs.build)
            found = peaks(
                own["chrom"],
                own["pos"],
                own["mlog10p"],
                genetic_map,
                threshold=self.inputs.threshold,
                radius=self.inputs.radius,
            )
            for lead, count, cm in zip(found.lead, found.n_variants, found.cm, strict=True):
                facts: Row = {column: own[column][lead].item() for column in own if column not in PLACE}
                facts |= {column: own[column][lead] for column in PLACE}
                rows.append({**facts, "trait": name, "pos": int(own["pos"][lead]), "n_variants": int(count), "cm": cm})
        return [{**row, "af": float(row["af"])} for row in rows]  # type: ignore[arg-type]


def _strong(results: Results, names: list[str], threshold: float) -> dict[str, dict[str, np.ndarray]]:
    values = ("beta", "se", "mlog10p", "n")
    columns = [*PLACE, *(f"{value}_{name}" for name in names for value in values)]
    found: dict[str, list[dict[str, np.ndarray]]] = {name: [] for name in names}
    for group in results.groups(columns):
        for name in names:
            own = np.flatnonzero(np.nan_to_num(group[f"mlog10p_{name}"], nan=-1) >= threshold)
            part = {column: group[column][own] for column in PLACE}
            found[name].append(part | {value: group[f"{value}_{name}"][own] for value in values})
    joined = {}
    for name, parts in found.items():
        if not parts:
            raise QSMError(f"{results.folder} has no variants.", remedy="Run `gwas run` again.")
        joined[name] = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
        joined[name]["chrom"] = joined[name]["chrom"].astype(str)
    return joined


def replicate(rows: list[Row], results: Results, nominal: float) -> None:
    """Add to each peak what became of it in other people.

    Parameters
    ----------
    rows : list of dict
        Peaks; changed.
    results : Results
    nominal : float
        Level of P.
    """
    wanted = {key(str(row["chrom"]), row["pos"], row["other_allele"], row["effect_allele"]) for row in rows}  # type: ignore[arg-type]
    positions = np.array(sorted({row["pos"] for row in rows}), np.int64)  # type: ignore[type-var]
    names = [name for name in dict.fromkeys(str(row["trait"]) for row in rows) if name in results.traits]
    values = ("beta", "se", "mlog10p")
    columns = [*PLACE[:5], *(f"{value}_{name}" for name in names for value in values)]
    known: dict[str, dict[str, Any]] = {}
    for group in results.groups(columns):
        for row in np.flatnonzero(np.isin(group["pos"], positions)):
            place = (str(group["chrom"][row]), int(group["pos"][row]))
            one = key(*place, group["other_allele"][row], group["effect_allele"][row])
            if one in wanted:
                known[one] = {column: group[column][row] for column in columns[5:]}
    for row in rows:
        place = (chromosome(str(row["chrom"])), row["pos"])
        held = known.get(key(*place, row["other_allele"], row["effect_allele"]), {})  # type: ignore[arg-type]
        for value in values:
            row[f"replication_{value}"] = float(held.get(f"{value}_{row['trait']}", np.nan))
        row["replicated"] = int(row["replication_mlog10p"] > -np.log10(nominal))  # type: ignore[operator]
