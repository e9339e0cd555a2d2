"""Susceptibility and T2* of UK Biobank's regions: 17 numbers of each, and the volume of the lesions.

Deep grey structures give the median of their voxels, taken in from the surface. The substantia nigra comes from an
atlas; its voxels with negative susceptibility, which lie in the neighbouring peduncle, are left out, and T2* is taken
on the voxels that remain. White matter hyperintensities are set against the white matter around: the mean of the one
minus the median of the other, so that the zero of susceptibility drops out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.regions.extraction import Summary, eroded_in_plane, regions_of, whole_numbers
from nipype_qsm.kernels.regions.maps import EVERYWHERE, Box, Maps, statistics_row
from nipype_qsm.kernels.regions.naming import CHI, LESIONS, NIGRA, PHENOTYPES, SIDES, STRUCTURES, T2STAR
from nipype_qsm.kernels.slices import slice_axis

Rows = list[dict[str, Any]]
NAN = float("nan")
CORE = "core_pipeline"
"""T2* as UK Biobank's core pipeline takes it: whole structures, zeros counted."""


class Idps(NamedTuple):
    """Three tables, a dictionary a row."""

    idps: Rows
    regions: Rows
    confounds: Rows


def idps(
    chi_referenced: np.ndarray | None = None,
    t2star: np.ndarray | None = None,
    mask_tissue: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    *,
    grid: Grid,
    nigra_left: np.ndarray | None = None,
    nigra_right: np.ndarray | None = None,
    mask_lesions: np.ndarray | None = None,
    mask_white_matter: np.ndarray | None = None,
    mask_bianca: np.ndarray | None = None,
    field_gradient: np.ndarray | None = None,
    dephasing_rate: np.ndarray | None = None,
    erode: bool = True,
    erode_t2star: bool = True,
    zeros_in_t2star: bool = False,
    nigra_from_labels: bool = True,
    nigra_threshold: float = 0.5,
    nigra_drop_negative: bool = True,
    nigra_same_voxels: bool = True,
    lesion_threshold: float = 0.5,
    fewest_voxels: int = 10,
) -> Idps:
    """Take the imaging-derived phenotypes of one subject from maps and regions on one grid.

    Parameters
    ----------
    chi_referenced : (x, y, z) float array, ppm, optional
        What is absent leaves its phenotypes without a number, with the reason.
    t2star : (x, y, z) float array, s, optional
        Zero where it could not be computed.
    mask_tissue : (x, y, z) bool array, optional
        Where susceptibility was computed; where it is not zero, when absent.
    labels : (x, y, z) array of whole numbers, optional
        FIRST's or FreeSurfer's.
    grid : Grid
        Tells which planes are axial, and the volume of a voxel.
    nigra_left, nigra_right : (x, y, z) float array, 0 to 1, optional
    mask_lesions, mask_white_matter, mask_bianca : (x, y, z) float array, 0 to 1, optional
        Normal-appearing white matter is in the second, in the third where it is given, and not in the first.
    field_gradient : (x, y, z) float array, Hz/mm, optional
    dephasing_rate : (x, y, z) float array, 1/s, optional
        For the table of confounds.
    erode : bool
        Take a pixel off deep grey structures for susceptibility. UK Biobank: yes.
    erode_t2star : bool
        The same for T2*. UK Biobank: no.
    zeros_in_t2star : bool
        Count zeros of T2* in a structure. UK Biobank: yes.
    nigra_from_labels : bool
        Where a side's mask is absent, take it from `labels` (27 and 59).
    nigra_threshold : float, 0 to 1
        Least probability of the nigra.
    nigra_drop_negative : bool
        Leave out its voxels with negative susceptibility.
    nigra_same_voxels : bool
        Take T2* of the nigra on the voxels that remain.
    lesion_threshold : float, 0 to 1
        Above it, a voxel is in a mask of white matter or lesions.
    fewest_voxels : int
        Fewer give NaN.

    Returns
    -------
    idps : list of dict
        35 rows in UK Biobank's order: name, value [ppb, ms, mm3], unit, n_voxels, statistic, region, quantity,
        ukb_name, ukb_field, reason.
    regions : list of dict
        atlas, index, region, quantity, unit, n_voxels, mean, sd, median, reason: whole and eroded structures, T2* as
        the core pipeline takes it, the nigra, lesions and normal-appearing white matter.
    confounds : list of dict
        One row a phenotype of T2*: name, n_voxels, gradient_hz_per_mm, dephasing_rate_per_s, t2star_bias_ms, reason.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w; Alfaro-Almagro et al. 2018,
    doi:10.1016/j.neuroimage.2017.10.034
    """
    maps = Maps(chi_referenced, t2star, mask_tissue, field_gradient, dephasing_rate, fewest_voxels)
    found = _Found(maps)
    choice = {CHI: (erode, False), T2STAR: (erode_t2star, zeros_in_t2star)}
    if labels is not None:
        _structures(found, whole_numbers(labels), slice_axis(grid), choice)
    for side, number, region in zip(SIDES, NIGRA, (nigra_left, nigra_right), strict=True):
        listed = labels is not None and nigra_from_labels
        drawn = region > nigra_threshold if region is not None else listed and labels == number
        if region is not None or np.any(drawn):
            _nigra(found, f"{side}_substantia_nigra", np.asarray(drawn), (nigra_drop_negative, nigra_same_voxels))
    if mask_lesions is not None:
        lesions = mask_lesions > lesion_threshold
        volume = float(np.count_nonzero(lesions) * grid.voxel_volume)
        found.put(LESIONS, "volume", Summary(int(np.count_nonzero(lesions)), NAN, NAN, volume, ""), volume)
        normal = None if mask_white_matter is None else (mask_white_matter > lesion_threshold) & ~lesions
        if normal is not None and mask_bianca is not None:
            normal &= mask_bianca > lesion_threshold
        _lesions(found, lesions, normal)
    return Idps(*found.tables())


class _Found:
    """Numbers by region and quantity, gathered while regions pass."""

    def __init__(self, maps: Maps) -> None:
        self.maps = maps
        self.values: dict[tuple[str, str], tuple[float, int, str]] = {}
        self.bias: dict[str, dict[str, Any]] = {}
        self.rows: Rows = []

    def put(self, region: str, quantity: str, found: Summary, value: float) -> None:
        self.values[region, quantity] = (value, found.n_voxels, found.reason)

    def tables(self) -> tuple[Rows, Rows, Rows]:
        phenotypes, confounds = [], []
        for one in PHENOTYPES:
            absent = (NAN, 0, _why(one.region))
            value, n_voxels, reason = self.values.get((one.region, one.quantity), absent)
            about = {"statistic": one.statistic, "region": one.region, "quantity": one.quantity,
                     "ukb_name": one.ukb_name, "ukb_field": one.ukb_field, "reason": reason}  # fmt: skip
            phenotypes.append({"name": one.name, "value": value, "unit": one.unit, "n_voxels": n_voxels, **about})
            if one.quantity == T2STAR:
                confounds.append({"name": one.name, "n_voxels": n_voxels, **_bias_cells(self, one.region, reason)})
        return phenotypes, self.rows, confounds


def _why(region: str) -> str:
    if "nigra" in region:
        return f"nigra_{region.partition('_')[0]} was not given"
    return "mask_lesions was not given" if region == LESIONS else "labels was not given"


def _bias_cells(found: _Found, region: str, reason: str) -> dict[str, Any]:
    columns = ("gradient_hz_per_mm", "dephasing_rate_per_s", "t2star_bias_ms")
    cells = found.bias.get(region, {})
    why = reason or ("" if len(cells) == len(columns) else "field_gradient or dephasing_rate was not given")
    return {**{column: cells.get(column, NAN) for column in columns}, "reason": why}


def _structures(found: _Found, labels: np.ndarray, axis: int, choice: dict[str, tuple[bool, bool]]) -> None:
    maps, boxes = found.maps, regions_of(labels)
    for structure, numbers in STRUCTURES.items():
        for side, number in zip(SIDES, numbers, strict=True):
            name = f"{side}_{structure}"
            box = boxes.get(number, (slice(0, 1),) * 3)
            whole = labels[box] == number
            inner = eroded_in_plane(whole, axis)
            for quantity, (eroded, zeros) in choice.items():
                for atlas, region in (("subcortical", whole), ("subcortical_eroded", inner)):
                    one = maps.summary(quantity, maps.counts(quantity, region, box), box)
                    found.rows.append(statistics_row(atlas, number, name, quantity, one))
                region = inner if eroded else whole
                voxels = region if zeros else maps.counts(quantity, region, box)
                taken = maps.summary(quantity, voxels, box, "with a value" if whole.any() else f"with label {number}")
                found.put(name, quantity, taken, taken.median)
                if quantity == T2STAR:
                    _keep_bias(found, name, voxels, box)
            core = maps.summary(T2STAR, whole, box)
            found.rows.append(statistics_row(CORE, number, name, T2STAR, core))


def _keep_bias(found: _Found, name: str, voxels: np.ndarray, box: Box = EVERYWHERE) -> None:
    found.bias[name] = {column: one.median for column, one in found.maps.bias(voxels, box).items()}


def _nigra(found: _Found, name: str, region: np.ndarray, refine: tuple[bool, bool]) -> None:
    maps = found.maps
    tissue = maps.counts(CHI, region)
    if refine[0] and maps.chi is not None:
        tissue = tissue & (maps.chi >= 0)
    same = refine[1] and maps.chi is not None
    for quantity, voxels in ((CHI, tissue), (T2STAR, maps.counts(T2STAR, tissue if same else region))):
        one = maps.summary(quantity, voxels)
        found.put(name, quantity, one, one.median)
        found.rows.append(statistics_row("nigra", 1 + SIDES.index(name.partition("_")[0]), name, quantity, one))
        if quantity == T2STAR:
            _keep_bias(found, name, voxels)


def _lesions(found: _Found, lesions: np.ndarray, normal: np.ndarray | None) -> None:
    maps = found.maps
    for quantity in (CHI, T2STAR):
        inside = maps.counts(quantity, lesions)
        one = maps.summary(quantity, inside, where="of lesions with a value")
        found.rows.append(statistics_row("white_matter", 1, LESIONS, quantity, one))
        if normal is None:
            found.put(LESIONS, quantity, one._replace(reason="mask_white_matter was not given"), NAN)
            continue
        around = maps.counts(quantity, normal)
        other = maps.summary(quantity, around, where="of normal-appearing white matter with a value")
        found.rows.append(statistics_row("white_matter", 2, "normal_appearing_white_matter", quantity, other))
        found.put(LESIONS, quantity, one._replace(reason=one.reason or other.reason), one.mean - other.median)
        if quantity == T2STAR:
            mine, theirs = maps.bias(inside), maps.bias(around)
            found.bias[LESIONS] = {column: mine[column].mean - theirs[column].median for column in mine}
