"""Maps of a voxel-wise analysis, drawn: planes through the strongest voxel, mosaics, and a page to look through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import Directory, File, InputMultiObject, OutputMultiObject, isdefined

from nipype_qsm.interfaces.base import KernelInputSpec, TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort
from nipype_qsm.interfaces.cohort.voxel_design import file_stem
from nipype_qsm.io import atomically, load_volume, read_array, read_json
from nipype_qsm.map_store import MapStore
from nipype_qsm.quantities import Quantity
from nipype_qsm.tables import read_rows

ANYTHING = Quantity("map", "", "a map of a voxel-wise analysis")


class VoxelFiguresInputSpec(KernelInputSpec):
    """Maps and what they lie on."""

    store = Directory(exists=True, mandatory=True, desc="the store of maps: mask, space")
    maps = InputMultiObject(File(exists=True), mandatory=True, table=True, desc="as voxel_maps wrote them")
    summary = File(exists=True, mandatory=True, table=True, desc="a row a variable, as voxel_maps wrote it")
    facts = File(exists=True, table=True, desc="counts, as voxel_maps wrote them")
    average = File(exists=True, table=True, desc="mean map of the subjects")
    background = File(
        exists=True, table="image", desc="a template on the maps' grid to draw on, instead of the average"
    )
    threshold = traits.Enum(
        "fdr", "bonferroni", usedefault=True, desc="what is coloured; without FDR findings Bonferroni"
    )
    n_figures = traits.Range(low=0, value=40, usedefault=True, desc="variables that get figures, the strongest first")
    folder = traits.Str("", usedefault=True, desc="where figures go; the node's own folder if left out")


class VoxelFiguresOutputSpec(TraitedSpec):
    """What was drawn."""

    figures = OutputMultiObject(File(exists=True), table=True, desc="<name>_orthogonal and <name>_mosaic, PNG and PDF")
    page = File(exists=True, table=True, desc="all maps, to look through in a browser")


class DrawVoxelFigures(Cohort):
    """Draw maps of r over a template, above a threshold, and make a page to look through them."""

    input_spec, output_spec = VoxelFiguresInputSpec, VoxelFiguresOutputSpec
    # What is in the folder may have been removed since.
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        from nipype_qsm.reports.voxel_figures import mosaic, orthogonal
        from nipype_qsm.reports.voxel_page import voxel_page

        folder = Path(self.inputs.folder) if self.inputs.folder else folder
        store = MapStore.open(self.inputs.store)
        background, rows = self._background(store), read_rows(self.inputs.summary, ("name", "fdr", "bonferroni"))
        rows = [{**row, "name": str(row["name"])} for row in rows]
        rows.sort(key=lambda row: -np.nan_to_num(float(row["peak_mlog10p"]), nan=-1.0))
        figures, shown = [], []
        for place, (overlay, n) in enumerate(self._overlays(store, rows)):
            shown.append((overlay, n))
            for kind, draw in (("orthogonal", orthogonal), ("mosaic", mosaic)) if place < self.inputs.n_figures else ():
                figure = draw(overlay, background, store.mask, store.affine)
                for ending in ("png", "pdf"):
                    path = folder / f"{file_stem(overlay.name)}_{kind}.{ending}"
                    with atomically(path) as temporary:
                        figure.savefig(temporary, format=ending, facecolor="black")
                    figures.append(str(path))
        text = voxel_page(shown, background, store.mask, store.affine, rows=rows, facts=self._sentence(store))
        with atomically(folder / "voxelwise.html") as temporary:
            temporary.write_text(text, encoding="utf-8")
        return {"figures": figures, "page": str(folder / "voxelwise.html")}

    def _background(self, store: MapStore) -> np.ndarray:
        given = self.inputs.background if isdefined(self.inputs.background) else self.inputs.average
        if not isdefined(given):
            return store.mask.astype(np.float32)
        volume, frame = load_volume(given, ANYTHING, "background")
        store.frame.require_same(frame, "background")
        return volume

    def _overlays(self, store: MapStore, rows: list[dict[str, Any]]) -> Iterator[tuple[Any, np.ndarray]]:
        from nipype_qsm.reports.voxel_figures import Overlay

        paths = {Path(path).name: path for path in self.inputs.maps}
        for row in rows:
            stem = file_stem(row["name"])
            # NaN where too few subjects have the voxel.
            r, mlog10p, n = (read_array(paths[f"{stem}_{key}.nii.gz"], order="C") for key in ("r", "mlog10p", "n"))
            fdr, bonferroni = float(row["fdr"]), float(row["bonferroni"])
            use_fdr = self.inputs.threshold == "fdr" and np.isfinite(fdr)
            limit = fdr if use_fdr else bonferroni if np.isfinite(bonferroni) else np.inf
            rule = f"{'false-discovery rate' if use_fdr else 'Bonferroni'}: \N{MINUS SIGN}log10 P \u2265 {limit:.2f}"
            yield Overlay(row["name"], r, mlog10p, limit, rule), n

    def _sentence(self, store: MapStore) -> str:
        about = f"{store.quantity} in {store.space}, {store.n_voxels} voxels"
        if not isdefined(self.inputs.facts):
            return f"{about}."
        facts: dict[str, Any] = read_json(self.inputs.facts)
        confounds = f"{facts['confounds']} confounds" if facts["confounds"] else "no confounds"
        return f"{facts['counts']['analysed']} subjects, {confounds}; {about}."
