"""Clusters as a node: from a table of peaks to the places in the genome that traits share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.genotypes.hits import column, kind_of, names, read_hits, write_table_2
from nipype_qsm.interfaces.base import TableStep, TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import MapInputSpec, given
from nipype_qsm.interfaces.ports import File
from nipype_qsm.kernels.genetics.clusters import clusters
from nipype_qsm.kernels.genetics.genetic_map import require_build
from nipype_qsm.kernels.genetics.replication_table import replication_table
from nipype_qsm.tables import Row, read_rows, write_rows

CLUSTERS = (
    *("cluster", "chrom", "pos", "id", "effect_allele", "other_allele", "trait", "mlog10p"),
    *("n_members", "n_nominal", "replicated", "kind", "first_pos", "last_pos", "traits", "members"),
)


class ClustersInputSpec(MapInputSpec):
    """Inputs of the search for clusters."""

    peaks = File(exists=True, mandatory=True, table="peaks", desc="table of `gwas peaks`, or the Peaks tool's Table 1")
    kinds = File(exists=True, table="kinds", desc="table of trait and kind, where names do not tell QSM from T2*")
    threshold = traits.Range(low=0.0, value=0.0, usedefault=True, desc="leave out weaker peaks [-log10 P]")


class ClustersOutputSpec(TraitedSpec):
    """Tables, and the same in the form of the Peaks tool."""

    clusters = File(exists=True, table="clusters", desc="one row a cluster")
    members = File(exists=True, table="peaks", desc="the peaks with the number of their cluster")
    table_2 = File(exists=True, table="clusters", desc="the same as the Peaks tool's Table 2")
    replication = File(exists=True, table="counts", desc="peaks and clusters by kind of trait, and how many replicate")
    n_clusters = traits.Int(desc="clusters")
    n_replicated = traits.Int(desc="clusters of which a member replicates")


class Clusters(TableStep):
    """Gather the peaks of all traits into clusters."""

    input_spec, output_spec = ClustersInputSpec, ClustersOutputSpec
    _kernel = staticmethod(clusters)

    def _tables(self, folder: Path) -> dict[str, Any]:
        rows = [row for row in read_hits(self.inputs.peaks) if float(row["mlog10p"]) >= self.inputs.threshold]  # type: ignore[arg-type]
        table = given(self.inputs.kinds)
        kinds = {str(one["trait"]): str(one["kind"]) for one in read_rows(table, ("trait", "kind"))} if table else None
        chrom, pos = names(rows, "chrom"), np.array([row["pos"] for row in rows], np.int64)
        require_build(chrom, pos, self.inputs.build)
        nominal = column(rows, "replicated", 0) == 1
        strength = column(rows, "mlog10p")
        found = clusters(chrom, pos, strength, self.inputs.read_map(), nominal, radius=self.inputs.radius)
        kind = [kind_of(str(row["trait"]), kinds) for row in rows]
        counts = replication_table(
            np.where(nominal, np.inf, -np.inf),
            column(rows, "replication_beta"),
            column(rows, "beta"),
            kind,
            found.owner,
        )
        place = {int(lead): number for number, lead in enumerate(found.lead, start=1)}
        members = [{**row, "cluster": place[int(own)]} for row, own in zip(rows, found.owner, strict=True)]
        own_columns = [name for name in (members[0] if members else {"cluster": 0}) if name != "cluster"]
        table_of = [self._row(place[int(lead)], int(lead), rows, found.owner, kind) for lead in found.lead]
        return {
            "clusters": str(write_rows(table_of, folder / "clusters.tsv", CLUSTERS)),
            "members": str(write_rows(members, folder / "members.tsv", ("cluster", *own_columns))),
            "table_2": str(write_table_2(rows, found.lead.tolist(), found.owner, folder / "Table2.txt")),
            "replication": str(
                write_rows(counts.rows, folder / "replication.tsv", ("what", "kind", "n", "n_replicated"))
            ),
            "n_clusters": int(found.lead.size),
            "n_replicated": int((found.n_nominal > 0).sum()),
        }

    @staticmethod
    def _row(number: int, lead: int, rows: list[Row], owner: np.ndarray, kind: list[str]) -> Row:
        own = np.flatnonzero(owner == lead).tolist()
        places = [rows[one]["pos"] for one in own]
        nominal = sum(rows[one].get("replicated") == 1 for one in own)
        kinds = sorted({kind[one] for one in own})
        return {
            **rows[lead],
            "cluster": number,
            "n_members": len(own),
            "n_nominal": nominal,
            "replicated": int(nominal > 0),
            "kind": f"{kinds[0]} only" if len(kinds) == 1 else "shared",
            "first_pos": min(places),  # type: ignore[type-var]
            "last_pos": max(places),  # type: ignore[type-var]
            "traits": ",".join(dict.fromkeys(str(rows[one]["trait"]) for one in own)),
            "members": ",".join(f"{rows[one]['id']}|{rows[one]['trait']}" for one in own),
        }
