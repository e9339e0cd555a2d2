"""Numbers that say whether a subject can be used, each with its usual range and a flag.

How much of the brain was lost, how reliable the phase is, how much slow field background removal left over, whether
labels fit the maps where they lie, whether iron is paramagnetic (the sign of the phase), whether left and right may be
exchanged, and which phenotypes lie outside the range of a reference table. A flag is a reason to look, not a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.regions.extraction import whole_numbers
from nipype_qsm.kernels.regions.fit import label_fit
from nipype_qsm.kernels.regions.naming import STRUCTURES
from nipype_qsm.kernels.regions.ranges import USUAL
from nipype_qsm.kernels.smoothing import gaussian
from nipype_qsm.units import ppm_to_ppb

Rows = list[dict[str, Any]]
KEPT = 0.8
BRAIN_ML = (900.0, 2000.0)
UNRELIABLE, MOST_UNRELIABLE = 0.5, 0.15
RESIDUAL_MM, RESIDUAL_PPB = 8.0, 10.0
LEAST_FIT = 0.15
LEAST_OVERLAP, LARGEST_OFFSET_MM, OFFSET_VOXELS = 0.85, 3.0, 1.5
LEAST_PEAK, LEAST_PEAK_COARSE, COARSE_MM = 3.6, 3.1, 3.0
"""Voxels beyond 3 mm blur the peak."""
LEAST_TEMPLATE_PEAK = 3.8
LESIONS_ML = 100.0
MIRROR_MARGIN = 0.005
"""Of the similarity: two halves of a brain are nearly alike."""

CLIP = 0.3
"""ppm: veins and streaks beyond it must not decide how well labels fit."""


def quality(
    chi_referenced: np.ndarray | None = None,
    mask_tissue: np.ndarray | None = None,
    mask_brain: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    *,
    grid: Grid,
    reliability: np.ndarray | None = None,
    field_local: np.ndarray | None = None,
    idps: Sequence[Mapping[str, Any]] = (),
    reference_table: Sequence[Mapping[str, Any]] = (),
    overlap: float | None = None,
    offset_mm: float | None = None,
    similarity: float | None = None,
    similarity_mirrored: float | None = None,
    peak_ratio: float | None = None,
    template_peak_ratio: float | None = None,
    lesions_ml: float | None = None,
    outlier_factor: float = 4.0,
) -> Rows:
    """Measure a subject's quality.

    Parameters
    ----------
    chi_referenced : (x, y, z) float array, ppm, optional
        What is absent leaves its rows out.
    mask_tissue, mask_brain : (x, y, z) bool array, optional
        Where susceptibility was computed, and the brain before unreliable voxels were dropped.
    labels : (x, y, z) array of whole numbers, optional
        FIRST's or FreeSurfer's deep grey structures.
    grid : Grid
    reliability : (x, y, z, echo) float array, 0 to 1, optional
    field_local : (x, y, z) float array, ppm, optional
    idps : sequence of mappings, optional
        Rows of the table of phenotypes: name, value, reason.
    reference_table : sequence of mappings, optional
        Rows of a reference table: name, mean, sd; or name, low, high. Wide limits for adults at 3 T, when absent.
    overlap : float, 0 to 1, optional
        Dice of the two brain masks after registration.
    offset_mm : float, mm, optional
        Distance of the registration from the place where the images fit best; 3 mm and 1.5 voxels are allowed.
    similarity, similarity_mirrored : float, optional
        Of the two images, as they are and with one of them mirrored.
    peak_ratio : float, optional
        How far their similarity stands out from that of places nearby.
    template_peak_ratio : float, optional
        The same of T1 and the template, through the warp between them.
    lesions_ml : float, ml, optional
        Volume of lesions that were found here and not given: a row says so.
    outlier_factor : float, standard deviations
        Phenotypes farther from the reference mean are flagged.

    Returns
    -------
    quality : list of dict
        name, value, unit, low, high (the usual range), flag (1 outside it), meaning.

    References
    ----------
    Alfaro-Almagro et al. 2018, doi:10.1016/j.neuroimage.2017.10.034
    """
    rows: Rows = []
    if mask_brain is not None:
        millilitres = float(np.count_nonzero(mask_brain)) * grid.voxel_volume / 1000
        rows.append(_row("brain_volume", millilitres, "ml", BRAIN_ML, "volume of the brain mask"))
        if mask_tissue is not None:
            kept = float(np.count_nonzero(mask_tissue & mask_brain)) / max(1.0, float(np.count_nonzero(mask_brain)))
            rows.append(_row("mask_kept", kept, "", (KEPT, 1), "share of the brain that has a susceptibility"))
        if reliability is not None:
            rows += _reliability_rows(reliability, mask_brain)
    if field_local is not None and mask_tissue is not None:
        rows.append(_residual_row(field_local, mask_tissue, grid))
    if chi_referenced is not None and labels is not None:
        valid = chi_referenced != 0 if mask_tissue is None else mask_tissue
        rows += _label_rows(chi_referenced, valid, whole_numbers(labels), grid)
    largest = max(LARGEST_OFFSET_MM, OFFSET_VOXELS * max(grid.voxel_size))
    rows += _registration_rows(overlap, (offset_mm, largest), similarity, similarity_mirrored)
    if peak_ratio is not None:
        meaning = "similarity of the images in place over that nearby: low where one is turned, or another subject's"
        least = LEAST_PEAK_COARSE if max(grid.voxel_size) > COARSE_MM else LEAST_PEAK
        rows.append(_row("registration_peak", peak_ratio, "", (least, 50), meaning))
    if template_peak_ratio is not None:
        meaning = "the same of T1 and the template through its warp: low where the warp failed, or is another subject's"
        rows.append(_row("template_peak", template_peak_ratio, "", (LEAST_TEMPLATE_PEAK, 50), meaning))
    if lesions_ml is not None:
        meaning = "volume of lesions found here in FLAIR, not given: tested on digital subjects alone, not BIANCA's"
        rows.append(_row("lesions_found", lesions_ml, "ml", (0, LESIONS_ML), meaning))
    return rows + (_phenotype_rows(idps, reference_table, outlier_factor) if len(idps) else [])


def _row(name: str, value: float, unit: str, usual: tuple[float, float], meaning: str) -> dict[str, Any]:
    # A number that could not be measured is a reason to look, too.
    flag = int(not usual[0] <= value <= usual[1])
    return {"name": name, "value": float(value), "unit": unit, "low": float(usual[0]), "high": float(usual[1]),
            "flag": flag, "meaning": meaning}  # fmt: skip


def _reliability_rows(reliability: np.ndarray, mask: np.ndarray) -> Rows:
    rows = []
    for echo in range(reliability.shape[3]):
        share = float(np.mean(reliability[..., echo][mask] < UNRELIABLE))
        meaning = f"share of the brain whose phase is unreliable (below {UNRELIABLE}) in echo {echo + 1}"
        rows.append(_row(f"unreliable_echo_{echo + 1}", share, "", (0, MOST_UNRELIABLE), meaning))
    return rows


def _residual_row(field_local: np.ndarray, mask: np.ndarray, grid: Grid) -> dict[str, Any]:
    """Return the spread of the slow part of the local field: background that was left over."""
    sigma = [RESIDUAL_MM / size for size in grid.voxel_size]
    weight = gaussian(mask.astype(np.float32), sigma)
    slow = gaussian(np.where(mask, field_local, 0), sigma)[mask] / np.maximum(weight[mask], 1e-3)
    value = ppm_to_ppb(float(slow.std(dtype=np.float64)))
    meaning = f"spread of the local field after smoothing by {RESIDUAL_MM:g} mm: background left over"
    return _row("field_residual", value, "ppb", (0, RESIDUAL_PPB), meaning)


def _label_rows(chi: np.ndarray, valid: np.ndarray, labels: np.ndarray, grid: Grid) -> Rows:
    paired = np.isin(labels, [number for pair in STRUCTURES.values() for number in pair])
    fit = label_fit(np.clip(chi, -CLIP, CLIP), valid, labels * paired, grid)
    rows = [
        _row("label_fit", fit.in_place, "", (LEAST_FIT, 1), "share of susceptibility's variance that labels explain"),
        _row("label_fit_displaced", fit.displaced / fit.in_place if fit.in_place else np.nan, "", (0, 1),
             "best fit of the labels 6 mm away over their fit in place: above 1 the registration is wrong"),
        _row("label_fit_mirrored", fit.mirrored / fit.in_place if fit.in_place else np.nan, "", (0, 1),
             "fit of the mirrored labels over their fit in place: above 1 left and right may be exchanged"),
    ]  # fmt: skip
    medians = {}
    for structure in ("pallidum", "thalamus"):
        values = chi[valid & np.isin(labels, STRUCTURES[structure])]
        medians[structure] = float(np.median(values)) if values.size else np.nan
    contrast = ppm_to_ppb(medians["pallidum"] - medians["thalamus"])
    meaning = "pallidum minus thalamus: iron is paramagnetic, so a negative number means a wrong sign of the phase"
    return [*rows, _row("iron_contrast", contrast, "ppb", (0, 400), meaning)]


def _registration_rows(
    overlap: float | None, offset: tuple[float | None, float], similarity: float | None, mirrored: float | None
) -> Rows:
    rows = []
    if overlap is not None and not np.isnan(overlap):
        meaning = "overlap of the brain masks of the two images after registration"
        rows.append(_row("registration_overlap", overlap, "", (LEAST_OVERLAP, 1), meaning))
    if offset[0] is not None:
        meaning = "distance of the registration from the place where the images fit best"
        rows.append(_row("registration_offset", offset[0], "mm", (0, offset[1]), meaning))
    if similarity is not None and mirrored is not None:
        meaning = "similarity of the images, one mirrored, minus as they are: above, left and right may be exchanged"
        rows.append(_row("registration_mirrored", mirrored - similarity, "", (-1, MIRROR_MARGIN), meaning))
    return rows


def _phenotype_rows(idps: Sequence[Mapping[str, Any]], reference: Sequence[Mapping[str, Any]], factor: float) -> Rows:
    missing = sum(1 for row in idps if not np.isfinite(float(row["value"])))
    rows = [_row("idps_missing", missing, "", (0, 0), "phenotypes without a number")]
    ranges = {str(row["name"]): _range(row, factor) for row in reference or USUAL}
    outside = 0
    for row in idps:
        value, usual = float(row["value"]), ranges.get(str(row["name"]))
        if usual is None or not np.isfinite(value):
            continue
        one = _row(f"outlier_{row['name']}", value, str(row.get("unit", "")), usual, "outside the reference range")
        if one["flag"]:
            rows.append(one)
            outside += 1
    return [*rows, _row("idps_outside", outside, "", (0, 2), "phenotypes outside the range of the reference table")]


def _range(row: Mapping[str, Any], factor: float) -> tuple[float, float]:
    if "mean" in row:
        half = factor * float(row["sd"])
        return float(row["mean"]) - half, float(row["mean"]) + half
    return float(row["low"]), float(row["high"])
