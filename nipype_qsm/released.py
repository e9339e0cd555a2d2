"""Released maps of UK Biobank (field 26301), or of an earlier run, as the pipeline takes them: chi in ppm, T2* in s.

Units are those that the tree declares. A map whose numbers cannot be in that unit is refused, never converted on a
guess.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nipype_qsm.errors import ImageError, UnitsError
from nipype_qsm.io import read_array, read_frame, save_volume
from nipype_qsm.renaming import as_ours
from nipype_qsm.ukb import Visit, entries

SMALLEST_SPAN = 2e-3
"""ppm: the 99th percentile of susceptibility in a brain is some fifty times that."""
SHORTEST = 2e-3
"""s: the 99th percentile of T2* in a brain is some thirty times that."""

NAMES = {
    "chi_referenced": ("released_qsm_referenced", "qsm_referenced"),
    "chi": ("released_qsm", "qsm"),
    "t2star": ("released_t2star", "t2star"),
}


def released_maps(visit: Visit, folder: Path, *, chi_unit: str = "ppb") -> tuple[dict[str, Path], list[Path]]:
    """Find maps, and write them in our units.

    Parameters
    ----------
    visit : Visit
    folder : Path
        Where they are written.
    chi_unit : str
        ppb, as released, or ppm.

    Returns
    -------
    maps : dict
        chi_referenced or chi, mask_tissue, and what else there is: t2star, mask_brain, magnitude_combined.
    used : list of Path
        The files that were read.
    """
    maps: dict[str, Path] = {}
    used = []
    for quantity, names in NAMES.items():
        source = visit.find(*names)
        if source is None or (quantity == "chi" and "chi_referenced" in maps):
            continue
        unit = chi_unit if quantity.startswith("chi") else entries()[names[0]].unit
        maps[quantity] = as_ours(source, unit, quantity, folder / f"{quantity}.nii")
        _require_plausible(maps[quantity], source, unit, quantity)
        used.append(source)
    map_of_chi = maps.get("chi_referenced", maps.get("chi"))
    if map_of_chi is None:
        raise ImageError(
            f"{visit.label} holds no susceptibility map (QSM/QSM_CSFref.nii.gz or QSM/QSM.nii.gz).",
            remedy="Give field 26301, or start from the echoes (leave out --from chi).",
        )
    frame = read_frame(map_of_chi)
    mask = visit.find("released_mask", "qsm_mask")
    if mask is not None:
        frame.require_same(read_frame(mask), "QSM_mask")
        used.append(mask)
    inside = read_array(mask or map_of_chi)
    maps["mask_tissue"] = save_volume(
        (inside != 0) & np.isfinite(inside), frame, folder / "mask_tissue.nii", "mask_tissue"
    )
    magnitude = visit.find("total_magnitude_orig_1", "total_magnitude_1")
    if magnitude is not None and frame.shape == read_frame(magnitude).shape:
        maps["magnitude_combined"] = magnitude
        # Where susceptibility was computed is nearly the brain, which is all that judging a registration needs.
        maps["mask_brain"] = maps["mask_tissue"]
        used.append(magnitude)
    return maps, used


def _require_plausible(path: Path, source: Path, unit: str, quantity: str) -> None:
    values = np.abs(read_array(path))
    values = values[values > 0]
    span = float(np.percentile(values, 99)) if values.size else 0.0
    least, base, cure = SMALLEST_SPAN, "ppm", "Give --chi-unit ppm if it is in ppm."
    if quantity == "t2star":
        least, base, cure = SHORTEST, "s", "Convert it into ms."
    if span < least:
        raise UnitsError(
            f"{source} spans {span:.3g} {base} when it is taken as {unit}: too little for a brain.",
            remedy=f"Check the file and its unit. {cure}",
        )
