"""Genome-wide association as a node: genotype files and tables in, folders of parquet out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import InputMultiObject, isdefined

from nipype_qsm import __version__
from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes import Block, Genotypes, Selection, open_all
from nipype_qsm.genotypes.cohorts import Cohorts, join
from nipype_qsm.genotypes.people import read_ids
from nipype_qsm.genotypes.results import ResultWriter
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, algorithm, traits
from nipype_qsm.interfaces.genetics.phenotypes import read_phenotypes
from nipype_qsm.interfaces.ports import Directory, File
from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal
from nipype_qsm.kernels.genetics.linear_gwas import Association, Scan, linear_gwas
from nipype_qsm.kernels.genetics.trait_design import require_people, trait_design
from nipype_qsm.kernels.genetics.variant_quality import VariantQuality, variant_quality


class LinearGWASInputSpec(KernelInputSpec):
    """Files, lists and options of a scan."""

    algorithm = algorithm("2")
    genotypes = InputMultiObject(
        File(exists=True), mandatory=True, table="genotypes", desc="BGEN, PLINK 1 .bed or PLINK 2 .pgen, any number"
    )
    samples = InputMultiObject(
        File(exists=True), table="people", desc="sample files: one for all genotype files, or one each"
    )
    covariates = InputMultiObject(
        File(exists=True), table="covariates", desc="tables with a column of ids and one a covariate"
    )
    discovery = File(exists=True, table="ids", desc="people of the discovery, one id a line")
    replication = File(exists=True, table="ids", desc="people of the replication, one id a line")
    exclude = InputMultiObject(File(exists=True), table="ids", desc="people to leave out: withdrawn, related, ancestry")
    keep = File(exists=True, table="ids", desc="only these people, such as an unrelated set")
    columns = traits.List(traits.Str, desc="columns of the table to test; all, unless given")
    regions = traits.List(traits.Str, desc="only these parts of the genome: 22, or 22:30500000-31500000")
    extract = File(exists=True, table="variants", desc="only these variants, one identifier a line")
    combined = traits.Bool(False, usedefault=True, desc="test discovery and replication together, too")
    standardise = traits.Bool(
        False, usedefault=True, desc="divide traits by their standard deviation after the covariates were taken out"
    )
    from_genotypes = traits.Bool(
        True, usedefault=True, desc="take covariates out of the genotypes, too: the exact regression"
    )
    normalise = traits.Bool(
        False, usedefault=True, desc="rank-based inverse normal of each trait in each cohort, before covariates"
    )
    min_maf = traits.Range(low=0.0, high=0.5, value=0.01, usedefault=True, desc="smallest minor allele frequency")
    min_info = traits.Range(low=0.0, high=1.0, value=0.3, usedefault=True, desc="smallest imputation information")
    min_hwe = traits.Range(low=0.0, high=1.0, value=1e-7, usedefault=True, desc="smallest Hardy-Weinberg P")
    max_missing = traits.Range(low=0.0, high=1.0, value=0.1, usedefault=True, desc="largest fraction without genotype")
    hemizygous_count = traits.Enum(
        2, 1, usedefault=True, desc="effect alleles that a man with one on X counts for; with 1 add sex as a covariate"
    )
    block_size = traits.Range(low=1, value=256, usedefault=True, nohash=True, desc="variants decoded at a time")
    folder = traits.Str(desc="where the tables go; the node's own folder unless given")
    trait_table = File(exists=True, mandatory=True, table="traits", desc="table with a column of ids and one a trait")


class LinearGWASOutputSpec(TraitedSpec):
    """Folders of tables, and what was counted."""

    results = Directory(desc="associations of all people; with cohorts, the folder that holds theirs")
    discovery = Directory(desc="associations in the discovery")
    replication = Directory(desc="associations in the replication")
    combined = Directory(desc="associations in both together")
    n_variants = traits.Int(desc="variants tested")
    n_dropped = traits.Dict(desc="variants left out, by reason")
    n_people = traits.Dict(desc="people, by cohort and reason")


class LinearGWAS(TableStep):
    """Test every variant against every trait in one pass over the genotypes."""

    input_spec, output_spec = LinearGWASInputSpec, LinearGWASOutputSpec
    _kernel = staticmethod(linear_gwas)

    def _tables(self, folder: Path) -> dict[str, Any]:
        chosen = Path(self.inputs.folder) if isdefined(self.inputs.folder) else folder / "gwas"
        return GenomeScan(self.inputs).run(chosen.resolve())


class GenomeScan:
    """One run: people joined, designs made, files scanned.

    Parameters
    ----------
    inputs : LinearGWASInputSpec
    """

    def __init__(self, inputs: Any) -> None:
        self.inputs = inputs
        self.files = open_all(inputs.genotypes, inputs.samples if isdefined(inputs.samples) else [])
        table = read_phenotypes(inputs.trait_table)
        if isdefined(inputs.columns) and inputs.columns:
            absent = [name for name in inputs.columns if name not in table]
            if absent:
                raise QSMError(
                    f"{inputs.trait_table} has no trait {', '.join(absent)}.", remedy=f"It has: {', '.join(table)}."
                )
            table = table[list(inputs.columns)]
        self.names = [str(name) for name in table]
        known = [read_phenotypes(path) for path in (inputs.covariates if isdefined(inputs.covariates) else [])]
        self.covariate_names = [str(name) for each in known for name in each]
        self.cohorts = self._join([table.index, *(each.index for each in known)])
        values = table.loc[self.cohorts.ids].to_numpy(float)
        given = [each.loc[self.cohorts.ids].to_numpy(float) for each in known]
        self._make_scans(values, np.hstack(given) if given else None)
        self.selection = Selection.of(
            list(inputs.regions) if isdefined(inputs.regions) else None,
            set(read_ids(inputs.extract)) if isdefined(inputs.extract) else None,
        )

    def _join(self, tables: list[Any]) -> Cohorts:
        inputs = self.inputs
        lists = {
            name: read_ids(getattr(inputs, name)) if isdefined(getattr(inputs, name)) else None
            for name in ("discovery", "replication", "keep")
        }
        exclude = [one for path in (inputs.exclude if isdefined(inputs.exclude) else []) for one in read_ids(path)]
        return join(self.files[0].people, tables, exclude=exclude, **lists)

    def _make_scans(self, values: np.ndarray, covariates: np.ndarray | None) -> None:
        self.parts = dict(self.cohorts.parts)
        if self.inputs.combined and len(self.parts) > 1:
            self.parts["combined"] = slice(0, len(self.cohorts.ids))
        self.scans, self.told = {}, []
        for name, part in self.parts.items():
            own = inverse_normal(values[part]) if self.inputs.normalise else values[part]
            design = trait_design(
                own,
                None if covariates is None else covariates[part],
                standardise=self.inputs.standardise,
                from_genotypes=self.inputs.from_genotypes,
            )
            self.told += [f"{name or 'all'}: {each}" for each in require_people(design, self.names)]
            self.scans[name] = Scan(design)

    def run(self, folder: Path) -> dict[str, Any]:
        """Scan all files and write the tables; return the outputs."""
        dropped = {"frequency": 0, "information": 0, "Hardy-Weinberg": 0, "missing": 0, "multi-allelic": 0}
        people = {**self.cohorts.counts}
        outputs: dict[str, Any] = {"results": str(folder), "n_dropped": dropped, "n_people": people}
        with _Writers({name: folder / name for name in self.parts}, self.names, self._facts(dropped)) as writers:
            for file in self.files:
                self._scan(file, writers, dropped)
                dropped["multi-allelic"] += file.skipped
            outputs["n_variants"] = writers.n_variants
            if not writers.n_variants:
                counts = ", ".join(f"{reason}: {count}" for reason, count in dropped.items() if count)
                raise QSMError(
                    f"No variant is left to test ({counts or 'none was read'}).",
                    remedy="Check the regions and the limits of frequency, information, Hardy-Weinberg and missing.",
                )
        if "" not in self.parts:
            for old in [*folder.glob("chr*.parquet"), *folder.glob("gwas.json")]:
                old.unlink()  # of an earlier run without cohorts, which would be taken for this one's
        return outputs | {name: str(folder / name) for name in self.parts if name}

    def _scan(self, file: Genotypes, writers: _Writers, dropped: dict[str, int]) -> None:
        rows = self.cohorts.rows(file.people, file.path.name)
        count = float(self.inputs.hemizygous_count)
        for block in file.blocks(rows, self.inputs.block_size, self.selection, count):
            quality = variant_quality(block.sums[: len(block)], rows.size, probabilities=file.probabilities)
            kept = self._passing(quality, block, file, dropped)
            if kept.size:
                self._test(block, quality, kept, writers)

    def _passing(self, quality: VariantQuality, block: Block, file: Genotypes, dropped: dict[str, int]) -> np.ndarray:
        inputs = self.inputs
        with np.errstate(invalid="ignore"):
            faults = {
                "missing": quality.missing > inputs.max_missing,
                "frequency": ~(np.minimum(quality.af, 1 - quality.af) >= max(inputs.min_maf, 1e-12)),
                "information": quality.info < inputs.min_info,
                "Hardy-Weinberg": quality.hwe < inputs.min_hwe,
            }
        left = np.ones(len(block), bool)
        for reason, bad in faults.items():
            dropped[reason] += int((left & bad).sum())
            left &= ~bad
        return np.flatnonzero(left)

    def _test(self, block: Block, quality: VariantQuality, kept: np.ndarray, writers: _Writers) -> None:
        # Copying most of a block costs more than testing the few variants of it that fail.
        tested = kept if 2 * kept.size < len(block) else np.arange(len(block))
        place = np.searchsorted(tested, kept)
        values = block.values[: len(block)] if tested is not kept else block.values[kept]
        missing = {new: block.missing[old] for new, old in enumerate(tested.tolist()) if old in block.missing}
        for name, part in self.parts.items():
            whole = part == slice(0, block.n_people)
            own = missing if whole else _within(missing, part)
            squares = _squares(block, tested) if whole and not missing else None
            seen = values if whole else values[:, part]
            n = np.full(tested.size, part.stop - part.start)
            for row, people in own.items():
                n[row] -= people.size
            found = self.scans[name](seen, block.unit[tested], own, squares)
            found = Association(*(each[place] for each in found))
            writers.add(name, self._described(block, quality, kept, n[place], None if whole else seen[place]), found)

    @staticmethod
    def _described(
        block: Block, quality: VariantQuality, kept: np.ndarray, n: np.ndarray, seen: np.ndarray | None
    ) -> dict[str, Any]:
        af = quality.af[kept]
        if seen is not None:
            diploid = block.sums[kept, 4] == 2 * block.sums[kept, 0]
            # Sums over a part count from the centre; where someone is haploid the frequency is that of all people.
            means = seen.sum(axis=1, dtype=np.float64) / np.maximum(n, 1)
            own = (means + block.centre[kept]) / (2 * block.unit[kept])
            af = np.where(diploid, own, af)
        names = ("chrom", "pos", "id", "effect_allele", "other_allele")
        found: dict[str, Any] = {name: [getattr(block, name)[row] for row in kept] for name in names}
        return found | {"af": af, "info": quality.info[kept], "n": n}

    def _facts(self, dropped: dict[str, int]) -> dict[str, Any]:
        inputs = self.inputs
        options = ("standardise", "from_genotypes", "normalise", "min_maf", "min_info", "min_hwe", "max_missing")
        return {
            "program": f"nipype_qsm {__version__}",
            "method": "linear regression, complete cases of each trait, covariates taken out",
            "genotypes": [str(file.path) for file in self.files],
            "covariates": self.covariate_names,
            "options": {name: getattr(inputs, name) for name in options},
            "people": self.cohorts.counts,
            "variants_left_out": dropped,
            "notes": self.told,
        }


class _Writers:
    """A writer a cohort: all of them end well, or none leaves anything."""

    def __init__(self, folders: dict[str, Path], names: list[str], facts: dict[str, Any]) -> None:
        self.writers = {
            name: ResultWriter(path, names, {"cohort": name or "all", **facts}) for name, path in folders.items()
        }

    def __enter__(self) -> _Writers:
        for writer in self.writers.values():
            writer.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        for writer in reversed(self.writers.values()):
            writer.__exit__(*error)

    @property
    def n_variants(self) -> int:
        return next(iter(self.writers.values())).n_variants

    def add(self, name: str, facts: dict[str, Any], found: Association) -> None:
        self.writers[name].add(facts, found._asdict())


def _squares(block: Block, rows: np.ndarray) -> np.ndarray | None:
    """Return the sum of squared values from the sums of the decoding; None where someone is haploid."""
    sums, unit, centre = block.sums[rows], block.unit[rows], block.centre[rows]
    if (sums[:, 4] != 2 * sums[:, 0]).any():
        return None
    return sums[:, 2] * unit**2 - 2 * centre * sums[:, 1] * unit + centre**2 * sums[:, 0]


def _within(missing: dict[int, np.ndarray], part: slice) -> dict[int, np.ndarray]:
    found = {row: people[(people >= part.start) & (people < part.stop)] - part.start for row, people in missing.items()}
    return {row: people for row, people in found.items() if people.size}
