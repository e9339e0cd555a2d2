"""What all references share: take the values of a region, name one number, subtract it inside the tissue.

A susceptibility map has no zero of its own, because the field does not feel a constant. The reference says which
region is called zero, and the outputs say which number that was, how it was found, and on how many voxels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError


class Referenced(NamedTuple):
    """The map, the value that was subtracted [ppm], how it was found, and on how many voxels."""

    chi_referenced: np.ndarray
    reference_value: float
    reference_method: str
    n_voxels: int


def values_in(chi: np.ndarray, region: np.ndarray, mask_tissue: np.ndarray) -> np.ndarray:
    """Return the susceptibility [ppm] of a region's voxels where it was computed, in double precision.

    Voxels outside the tissue hold zeros that mean nothing; they never count.
    """
    values = chi[region & mask_tissue].astype(np.float64)
    if not values.size:
        raise QSMError(
            f"No voxel of the reference region ({int(np.count_nonzero(region))} voxels) lies in mask_tissue.",
            remedy="Check mask_reference against the map, use a less strict mask, or take the whole brain: 'brain'.",
        )
    return values


def subtracted(chi: np.ndarray, value: float, mask_tissue: np.ndarray) -> np.ndarray:
    """Return chi minus a value inside the tissue, zero outside."""
    return np.where(mask_tissue, chi - chi.dtype.type(value), chi.dtype.type(0))
