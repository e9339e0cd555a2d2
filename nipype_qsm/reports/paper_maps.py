"""Templates and voxel-wise maps of a simulated study, as pictures with the planted structures outlined."""

from __future__ import annotations

import io

import numpy as np

from nipype_qsm.io import read_array, read_frame, read_sidecar
from nipype_qsm.reports.drawing import Outline, panel, strip
from nipype_qsm.reports.page import Html, figure, number, paragraph, scale, tag
from nipype_qsm.reports.planted import Study
from nipype_qsm.reports.planted_effects import STORES, atlas_of
from nipype_qsm.reports.view import View
from nipype_qsm.reports.voxel_figures import Overlay, orthogonal

N_PLANES = 6
OUTLINE = "#3df56f"
WINDOWS = {
    ("chi", "average"): (-60.0, 120.0, "ppb", "gray"),
    ("chi", "ageing"): (-15.0, 15.0, "ppb", "RdBu_r"),
    ("t2star", "average"): (10.0, 80.0, "ms", "gray"),
    ("t2star", "ageing"): (-8.0, 8.0, "ms", "RdBu_r"),
}
CAPTIONS = {
    (
        "chi",
        "average",
    ): "Susceptibility, mean of everybody with a map. Green: the structures, where effects are planted.",
    ("chi", "ageing"): "People above 75 minus people below 52: iron gathers in the basal ganglia, not in the thalamus.",
    ("t2star", "average"): "T2*, mean of everybody with a map.",
    ("t2star", "ageing"): "T2*, the old minus the young.",
}
NAMES = {"chi": "Susceptibility", "t2star": "T2*"}
DPI = 100
"""Of an overlay: two stand side by side."""


def templates(study: Study) -> list[Html]:
    """Draw the templates and their ageing.

    Parameters
    ----------
    study : Study
    """
    made = []
    for (quantity, name), (low, high, unit, colours) in WINDOWS.items():
        path = study.folder / "templates" / STORES[quantity] / f"{name}.nii.gz"
        if path.is_file():
            atlas, _ = atlas_of(study)
            in_thousandths = 1000 if read_sidecar(path).get("Units") in ("ppm", "s") else 1
            volume = in_thousandths * np.nan_to_num(read_array(path))
            view = View.of(np.ones(atlas.shape, bool), read_frame(path).affine)
            planes = view.mosaic(N_PLANES)
            panels = [panel(view, plane, volume) for plane in planes]
            if name == "average" and quantity == "chi":
                for one, plane in zip(panels, planes, strict=True):
                    one.outlines.append(Outline(view.cut(atlas > 0, plane), OUTLINE, 0.8))
            caption = CAPTIONS[quantity, name]
            made.append(
                figure(strip(panels, low, high, colours=colours), caption, scale(low, high, unit, colours), caption)
            )
    return made or [paragraph("There are no maps in this study.", quiet=True)]


def overlays(study: Study, kind: str) -> list[Html]:
    """Draw the maps of phenotypes or of variants over the template, susceptibility beside T2*.

    Parameters
    ----------
    study : Study
    kind : str
        `phenotype` or `variant`.
    """
    made: dict[str, list[Html]] = {}
    for quantity, place in STORES.items():
        folder = study.folder / "voxelwise" / place
        if (folder / "summary.tsv").is_file():
            rows = study.found(f"voxelwise/{place}/summary.tsv")
            for row in rows[rows["kind"] == kind].itertuples():
                made.setdefault(str(row.name), []).append(_overlay(study, quantity, row))
    if not made:
        return [paragraph("There are no voxel-wise maps in this study.", quiet=True)]
    told = "Three planes through the strongest voxel. Coloured is what passes a false-discovery rate of 5 %. "
    link = tag("a", "All maps, to look through", href=f"voxelwise/{STORES['chi']}/voxelwise.html")
    return [paragraph(told, link), *(tag("div", *pair, class_="pair") for pair in made.values())]


def _overlay(study: Study, quantity: str, row: tuple) -> Html:
    folder = study.folder / "voxelwise" / STORES[quantity]
    name, r_path = str(row.name), folder / f"{row.name}_r.nii.gz"  # type: ignore[attr-defined]
    if not row.n_tests:  # type: ignore[attr-defined]
        return paragraph(f"{NAMES[quantity]} and {name}: no map ({row.left_out}).")  # type: ignore[attr-defined]
    mask = read_array(folder / f"{name}_n.nii.gz") > 0
    limit = float(row.fdr)  # type: ignore[attr-defined]
    strength = read_array(folder / f"{name}_mlog10p.nii.gz")
    overlay = Overlay(name, read_array(r_path), strength, limit, "false-discovery rate of 5 %")
    drawn = orthogonal(overlay, read_array(folder / "average.nii.gz"), mask, read_frame(r_path).affine)
    content = io.BytesIO()
    drawn.savefig(content, format="jpeg", dpi=DPI, facecolor="black", pil_kwargs={"quality": 85})
    strongest = number(row.peak_r, 2)  # type: ignore[attr-defined]
    caption = f"{NAMES[quantity]} and {name}: strongest r {strongest}, {number(row.n_fdr)} voxels"  # type: ignore[attr-defined]
    return figure(content.getvalue(), caption, Html(""), caption + _truth(study, quantity, row))


def _truth(study: Study, quantity: str, row: tuple) -> str:
    planted = study.truth("mapped")
    name = str(row.name).rpartition("_")[0] if row.kind == "variant" else str(row.name)  # type: ignore[attr-defined]
    own = planted[(planted["name"] == name) & (planted["quantity"] == quantity)]
    where = own.groupby("structure", sort=False)["r"].mean()
    told = ", ".join(f"{str(structure).replace('_', ' ')} {number(r, 2)}" for structure, r in where.items())
    return f". Planted: {told}." if told else ". Nothing is planted here."
