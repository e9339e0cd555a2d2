"""Parts of a voxel-wise analysis, put together: maps of r, -log10 P and n, and what they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import Directory, File, InputMultiObject, OutputMultiObject

from nipype_qsm import __version__
from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import KernelInputSpec, TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort
from nipype_qsm.interfaces.cohort.voxel_design import file_stem, loaded
from nipype_qsm.io import save_volume, sidecar_path, write_json
from nipype_qsm.kernels.cohort.associate import REASONS
from nipype_qsm.kernels.cohort.significance import familywise, significance
from nipype_qsm.map_store import MapStore
from nipype_qsm.quantities import Quantity
from nipype_qsm.tables import write_table

MAPS = {
    "r": ("", "Pearson's correlation of voxel and variable, confounds out of both"),
    "mlog10p": ("-log10 P", "-log10 of the two-sided P of r"),
    "n": ("subjects", "subjects who have voxel and variable; 0 where r was not taken"),
}


class VoxelMapsInputSpec(KernelInputSpec):
    """Parts, and levels of significance."""

    store = Directory(exists=True, mandatory=True, desc="the store of maps: mask, space")
    design = Directory(exists=True, mandatory=True, desc="as voxel_design wrote it")
    part = InputMultiObject(File(exists=True), mandatory=True, table=True, desc="what every node of voxels gave")
    ranges = traits.List(traits.List(traits.Int), mandatory=True, desc="voxels of each of these parts")
    n_outliers = traits.List(traits.Int, desc="outliers in each of these parts: for the summary")
    means = InputMultiObject(File(exists=True), table=True, desc="means of the voxels of each of these parts")
    dof = traits.Enum(
        "adjusted", "calibrated", "pairwise", usedefault=True, desc="as the nodes had it: for the summary"
    )
    alpha = traits.Range(
        low=0.0, high=1.0, value=0.05, exclude_low=True, usedefault=True, desc="family-wise error of the threshold"
    )
    q = traits.Range(
        low=0.0, high=1.0, value=0.05, exclude_low=True, usedefault=True, desc="false-discovery rate of the threshold"
    )
    folder = traits.Str("", usedefault=True, desc="where maps go; the node's own folder if left out")


class VoxelMapsOutputSpec(TraitedSpec):
    """Maps, and a row a variable."""

    maps = OutputMultiObject(
        File(exists=True), table=True, desc="<name>_r, <name>_mlog10p and <name>_n of every variable"
    )
    average = File(exists=True, table=True, desc="mean map of the subjects, without outliers, in the store's unit")
    summary = File(exists=True, table=True, desc="thresholds, voxels above them, and the peak of each variable")
    facts = File(exists=True, table=True, desc="subjects, what was left out and why, options, JSON")


class WriteVoxelMaps(Cohort):
    """Put the parts of a voxel-wise analysis together as maps, with thresholds."""

    input_spec, output_spec = VoxelMapsInputSpec, VoxelMapsOutputSpec
    # What is in the folder may have been removed since.
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        folder = Path(self.inputs.folder) if self.inputs.folder else folder
        store, (design, facts) = MapStore.open(self.inputs.store), loaded(self.inputs.design)
        parts = _in_order(self.inputs.part, self.inputs.ranges, (len(facts["names"]), store.n_voxels))
        maps, rows = [], []
        average = self._average(store, folder)
        for variable, name in enumerate(facts["names"]):
            # One variable at a time: a map is as large as a brain.
            found = {key: np.concatenate([part[key][variable] for part in parts]) for key in (*MAPS, "reason")}
            rows.append(self._row(store, name, facts["kinds"][variable], design.reason[variable], found))
            tested = found["reason"] == 0
            maps += [self._write(store, name, key, np.where(tested, found[key], 0), facts, folder) for key in MAPS]
        summary = pd.DataFrame(rows)
        every = familywise(float(summary["bonferroni"].max()), len(summary))
        summary.insert(5, "bonferroni_all_maps", every)
        told = {
            "store": str(store.path),
            "counts": facts["counts"],
            "confounds": facts["confounds"],
            "voxels": store.n_voxels,
            "outliers": sum(self.inputs.n_outliers),
            "options": {name: getattr(self.inputs, name) for name in ("dof", "alpha", "q")},
            "generated_by": f"nipype_qsm {__version__}",
        }
        return {
            "maps": maps,
            "average": average,
            "summary": str(write_table(summary, folder / "summary.tsv")),
            "facts": str(write_json(told, folder / "voxelwise.json")),
        }

    def _average(self, store: MapStore, folder: Path) -> str:
        pairs = sorted(zip(self.inputs.ranges, self.inputs.means, strict=True))
        values = np.concatenate([np.load(path) for _, path in pairs]) * np.float32(store.scale)
        quantity = Quantity("average", store.unit, f"mean {store.quantity} of the subjects, without outliers")
        path = save_volume(store.volume(np.nan_to_num(values)), store.frame, folder / "average.nii.gz", quantity)
        write_json(self._facts(store, quantity), sidecar_path(path))
        return str(path)

    def _facts(self, store: MapStore, quantity: Quantity) -> dict[str, Any]:
        return {
            "Quantity": quantity.name,
            "Units": quantity.unit or "1",
            "Description": quantity.meaning,
            "Measured": store.quantity,
            "SpatialReference": store.space,
            "GeneratedBy": [{"Name": "nipype_qsm", "Version": __version__}],
        }

    def _write(
        self, store: MapStore, name: str, key: str, values: np.ndarray, facts: dict[str, Any], folder: Path
    ) -> str:
        quantity = Quantity(key, *MAPS[key])
        path = folder / f"{file_stem(name)}_{key}.nii.gz"
        save_volume(store.volume(values.astype(np.float32)), store.frame, path, quantity)
        own = {"Variable": name, "Subjects": facts["counts"]["analysed"], "DegreesOfFreedom": self.inputs.dof}
        write_json({**self._facts(store, quantity), **own}, sidecar_path(path))
        return str(path)

    def _row(self, store: MapStore, name: str, kind: str, why: str, found: dict[str, np.ndarray]) -> dict[str, Any]:
        limits = significance(found["mlog10p"], alpha=self.inputs.alpha, q=self.inputs.q)
        row: dict[str, Any] = {"name": name, "kind": kind, "n": int(found["n"].max(initial=0)), "fdr": limits.fdr}
        row |= {"bonferroni": limits.bonferroni, "n_tests": limits.n_tests, "n_fdr": limits.n_fdr}
        row["n_bonferroni"] = limits.n_bonferroni
        row |= dict.fromkeys(("peak_r", "peak_mlog10p", "peak_x_mm", "peak_y_mm", "peak_z_mm"), np.nan)
        if limits.n_tests:
            peak = int(np.nanargmax(found["mlog10p"]))
            place = np.unravel_index(store.index[peak], store.mask.shape, order="F")
            where = store.affine[:3, :3] @ np.array(place, float) + store.affine[:3, 3]
            row |= {"peak_r": float(found["r"][peak]), "peak_mlog10p": float(found["mlog10p"][peak])}
            row |= dict(zip(("peak_x_mm", "peak_y_mm", "peak_z_mm"), where.round(2).tolist(), strict=True))
        counts = np.bincount(found["reason"], minlength=len(REASONS))
        told = [f"{counts[code]} voxels: {text}" for code, text in enumerate(REASONS) if code and counts[code]]
        row["left_out"] = why or "; ".join(told)
        return row


def _in_order(paths: list[str], ranges: list[list[int]], shape: tuple[int, int]) -> list[np.ndarray]:
    """Open parts, in the order of their voxels, and make sure that they hold every voxel once."""
    pairs = sorted(zip(ranges, paths, strict=True))
    parts = [np.load(path, mmap_mode="r") for _, path in pairs]
    place = 0
    for ((first, last), path), part in zip(pairs, parts, strict=True):
        if first != place or part.shape != (shape[0], last - first):
            raise QSMError(f"{path} does not hold the voxels {first} to {last}.", remedy="Run again.")
        place = last
    if place != shape[1]:
        raise QSMError(f"The parts end at voxel {place} of {shape[1]}.", remedy="Run again.")
    return parts
