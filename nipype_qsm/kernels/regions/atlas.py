"""Mean, standard deviation and median of any atlas's regions.

Whatever regions a study needs, drawn or warped onto the grid of the maps, as one image of whole numbers. Voxels without
a value are left out, as they are for the phenotypes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.regions.extraction import eroded_in_plane, regions_of, whole_numbers
from nipype_qsm.kernels.regions.maps import Maps, statistics_row
from nipype_qsm.kernels.regions.naming import CHI, T2STAR
from nipype_qsm.kernels.slices import slice_axis


def atlas(
    labels: np.ndarray,
    chi_referenced: np.ndarray | None = None,
    t2star: np.ndarray | None = None,
    mask_tissue: np.ndarray | None = None,
    *,
    grid: Grid,
    label_names: Mapping[int, str] | None = None,
    name: str = "atlas",
    erode: bool = False,
    fewest_voxels: int = 10,
) -> list[dict[str, Any]]:
    """Take the statistics of every region of an atlas.

    Parameters
    ----------
    labels : (x, y, z) array of whole numbers
        Zero is no region.
    chi_referenced : (x, y, z) float array, ppm, optional
    t2star : (x, y, z) float array, s, optional
        Zero where it could not be computed.
    mask_tissue : (x, y, z) bool array, optional
        Where susceptibility was computed; where it is not zero, when absent.
    grid : Grid
    label_names : mapping of int to str, optional
        Names of the numbers; a region that is named but not there is listed with the reason.
    name : str
        Written into the table.
    erode : bool
        Take a pixel off every region in axial planes.
    fewest_voxels : int
        Fewer give NaN.

    Returns
    -------
    regions : list of dict
        atlas, index, region, quantity, unit, n_voxels, mean, sd [ppb, ms], median, reason.

    References
    ----------
    Pauli et al. 2018, doi:10.1038/sdata.2018.63; Tian et al. 2020, doi:10.1038/s41593-020-00711-6
    """
    maps = Maps(chi_referenced, t2star, mask_tissue, None, None, fewest_voxels)
    whole, axis = whole_numbers(labels), slice_axis(grid)
    boxes, names = regions_of(whole), dict(label_names or {})
    rows = []
    for number in sorted({*boxes, *names}):
        box = boxes.get(number, (slice(0, 1),) * 3)
        region = whole[box] == number
        region = eroded_in_plane(region, axis) if erode else region
        for quantity in (CHI, T2STAR):
            if maps.missing(quantity):
                continue
            where = "with a value" if number in boxes else f"with label {number}"
            found = maps.summary(quantity, maps.counts(quantity, region, box), box, where)
            rows.append(statistics_row(name, number, names.get(number, str(number)), quantity, found))
    return rows
