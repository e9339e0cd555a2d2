"""Heritability as a node: all traits of a scan, discovery and replication merged, in one pass over the LD scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import InputMultiObject

from nipype_qsm.genotypes.ld_files import matched, read_ld_scores, require_overlap
from nipype_qsm.genotypes.results import Results, parts_of
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.ports import Directory, File
from nipype_qsm.kernels.genetics.heritability import heritability
from nipype_qsm.tables import Row, write_rows

COLUMNS = (
    *("trait", "h2", "h2_se", "intercept", "intercept_se", "lambda_gc", "mean_chi2", "ratio", "n_variants"),
    *("n_people", "note"),
)


class HeritabilityInputSpec(KernelInputSpec):
    """Inputs of LD score regression."""

    results = InputMultiObject(
        Directory(exists=True), mandatory=True, desc="associations; several, of different people, are merged"
    )
    ld_scores = Directory(exists=True, mandatory=True, desc="folder of `*.l2.ldscore.gz` and `*.l2.M_5_50`")
    weights = Directory(exists=True, desc="LD scores among the regression's variants; the same, unless given")
    columns = traits.List(traits.Str, desc="traits; all, unless given")
    min_variants = traits.Range(low=1, value=200_000, usedefault=True, desc="fewest variants with an LD score")
    n_blocks = traits.Range(low=2, value=200, usedefault=True, desc="blocks of the jackknife")
    cutoff = traits.Range(
        low=0.0, value=30.0, usedefault=True, desc="chi-square below which variants set the intercept"
    )


class HeritabilityOutputSpec(TraitedSpec):
    """A table."""

    heritability = File(exists=True, table="heritability", desc="one row a trait: h2, intercept and their errors")


class Heritability(TableStep):
    """Estimate SNP heritability by LD score regression."""

    input_spec, output_spec = HeritabilityInputSpec, HeritabilityOutputSpec
    _kernel = staticmethod(heritability)

    def _tables(self, folder: Path) -> dict[str, Any]:
        parts = [Results(path) for one in self.inputs.results for path in parts_of(one)]
        names = [parts[0].require(name) for name in given(self.inputs.columns) or parts[0].traits]
        scores = read_ld_scores(self.inputs.ld_scores)
        held = [self._read(part, scores, names) for part in parts]
        both = sorted(set.intersection(*(set(found.tolist()) for found, _ in held)))
        require_overlap(len(both), len(parts[0].column("pos")), self.inputs.min_variants, names)
        place = np.array(both, int)
        score = scores.table["L2"].to_numpy(float)[place]
        weight = self._weights(scores, place)
        rows: list[Row] = []
        for name in names:
            pieces = [one[name][:, np.searchsorted(found, place)] for found, one in held]
            z, n = merged(pieces)
            good = np.isfinite(z) & (n > 0) & np.isfinite(weight)
            if not good.any():
                told = "no table says how many people have this trait" if (n < 0).any() else "nobody has this trait"
                rows.append({**dict.fromkeys(COLUMNS, np.nan), "trait": name, "note": told})
                continue
            found = heritability(
                z[good],
                n[good],
                score[good],
                scores.m,
                weight[good],
                n_blocks=self.inputs.n_blocks,
                cutoff=self.inputs.cutoff,
            )
            rows.append(
                {"trait": name, **found._asdict(), "n_people": int(n[good].max()), "note": _note(z[good], n[good])}
            )
        return {"heritability": str(write_rows(rows, folder / "heritability.tsv", COLUMNS))}

    @staticmethod
    def _read(part: Results, scores: Any, names: list[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        place = part.columns(["id", "chrom", "pos"])
        ids, chrom = place["id"].astype(str), place["chrom"].astype(str)
        autosomal = np.char.isdigit(chrom)
        rows, found = matched(scores, np.where(autosomal, ids, ""), chrom, place["pos"])
        values = {}
        for name in names:
            own = part.columns([f"{what}_{name}" for what in ("beta", "se", "n")])
            beta, se, n = (one[rows].astype(float) for one in own.values())
            values[name] = np.stack([beta / se, n])
        return found, values

    def _weights(self, scores: Any, place: np.ndarray) -> np.ndarray:
        if given(self.inputs.weights) is None:
            return scores.table["L2"].to_numpy(float)[place]
        other = read_ld_scores(self.inputs.weights).table.set_index("SNP")["L2"]
        return other.reindex(scores.table["SNP"].to_numpy()[place]).to_numpy(float)


def merged(pieces: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Merge z values of different people, each weighed by the root of its number.

    Parameters
    ----------
    pieces : list of (2, variants) arrays
        z and n.
    """
    n = sum(piece[1] for piece in pieces)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sum(piece[0] * np.sqrt(piece[1]) for piece in pieces) / np.sqrt(n), np.asarray(n)


def _note(z: np.ndarray, n: np.ndarray) -> str:
    chi2, told = z**2, []
    if chi2.mean() < 1.02:
        told.append("mean chi-square below 1.02: too little signal for an estimate")
    strong = int((chi2 > max(80.0, 0.001 * n.max())).sum())
    if strong:
        told.append(f"{strong} variants of very large effect, which bear on the slope")
    return "; ".join(told)
