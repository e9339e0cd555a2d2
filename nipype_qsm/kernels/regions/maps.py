"""The maps that numbers are taken from, and which of their voxels count.

Susceptibility counts where it was computed. T2* counts where it is positive, unless zeros are to count as UK Biobank's
core pipeline counts them. The gradient's maps are read on the voxels of T2*, so that a confound sees the tissue that
its phenotype sees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nipype_qsm.kernels.regions.extraction import Summary, summary
from nipype_qsm.kernels.regions.naming import CHI, T2STAR, UNITS
from nipype_qsm.units import ppm_to_ppb, seconds_to_milliseconds

Box = tuple[slice, slice, slice]
EVERYWHERE: Box = (slice(None), slice(None), slice(None))


@dataclass(frozen=True)
class Maps:
    """Maps of one grid, and where they hold.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm, optional
    t2star : (x, y, z) float array, s, optional
    mask_tissue : (x, y, z) bool array, optional
        Where susceptibility was computed; where it is not zero, when absent.
    field_gradient : (x, y, z) float array, Hz/mm, optional
    dephasing_rate : (x, y, z) float array, 1/s, optional
    fewest : int
        Voxels that make a number.
    """

    chi: np.ndarray | None
    t2star: np.ndarray | None
    mask_tissue: np.ndarray | None
    field_gradient: np.ndarray | None
    dephasing_rate: np.ndarray | None
    fewest: int

    def counts(self, quantity: str, voxels: np.ndarray, box: Box = EVERYWHERE) -> np.ndarray:
        """Return which voxels of a region have a value; all of them where the map is absent."""
        if quantity == CHI and self.chi is not None:
            there = self.chi[box] != 0
            return voxels & (there if self.mask_tissue is None else there & self.mask_tissue[box])
        if quantity == T2STAR and self.t2star is not None:
            return voxels & (self.t2star[box] > 0)
        return voxels

    def missing(self, quantity: str) -> str:
        """Say that a map is absent; empty where it is there."""
        return "" if self._map(quantity) is not None else f"{quantity} was not given"

    def summary(self, quantity: str, voxels: np.ndarray, box: Box = EVERYWHERE, where: str = "") -> Summary:
        """Return the statistics of a map in its unit of tables."""
        values = self._map(quantity)
        if values is None:
            nan = float("nan")
            return Summary(int(np.count_nonzero(voxels)), nan, nan, nan, self.missing(quantity))
        convert = ppm_to_ppb if quantity == CHI else seconds_to_milliseconds
        return summary(convert(values[box][voxels].astype(np.float64)), self.fewest, where or "with a value")

    def bias(self, voxels: np.ndarray, box: Box = EVERYWHERE) -> dict[str, Summary]:
        """Return the statistics of what the field gradient does to T2*, by column of the table of confounds."""
        found = {}
        if self.field_gradient is not None:
            found["gradient_hz_per_mm"] = summary(self.field_gradient[box][voxels], self.fewest)
        if self.dephasing_rate is not None:
            rate = self.dephasing_rate[box][voxels].astype(np.float64)
            found["dephasing_rate_per_s"] = summary(rate, self.fewest)
            if self.t2star is not None:
                measured = self.t2star[box][voxels].astype(np.float64)
                true_rate = 1 / np.maximum(measured, 1e-6) - rate
                kept = (measured > 0) & (true_rate > 0)
                change = seconds_to_milliseconds(measured[kept] - 1 / true_rate[kept])
                found["t2star_bias_ms"] = summary(change, self.fewest)
        return found

    def _map(self, quantity: str) -> np.ndarray | None:
        return self.chi if quantity == CHI else self.t2star


def statistics_row(atlas: str, index: int, region: str, quantity: str, found: Summary) -> dict[str, object]:
    """Return a row of the table of statistics."""
    return {
        "atlas": atlas,
        "index": index,
        "region": region,
        "quantity": quantity,
        "unit": UNITS[quantity],
        **found._asdict(),
    }
