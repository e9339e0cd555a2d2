"""From the two bits of a PLINK 1 genotype to allele counts.

A byte holds four people; of the four codes one means missing. The count is that of the first allele of the `.bim` file,
which PLINK 2 calls the alternative one.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def hard_calls(packed: np.ndarray, rows: np.ndarray, moments: np.ndarray) -> None:
    """Unpack one variant of a `.bed` file.

    Parameters
    ----------
    packed : (bytes,) uint8 array
    rows : (n,) int array
        People of the file, in the order wanted.
    moments : (3, n) float array
        Written: allele count (NaN where missing), its square, and 2 for the ploidy.
    """
    for k in range(rows.size):
        person = rows[k]
        code = (packed[person >> 2] >> (2 * (person & 3))) & 3
        count = np.nan if code == 1 else (2.0 if code == 0 else (1.0 if code == 2 else 0.0))
        moments[0, k] = count
        moments[1, k] = count * count
        moments[2, k] = 2


@numba.njit(cache=True, nogil=True)
def plain_counts(counts: np.ndarray, moments: np.ndarray) -> None:
    """Take allele counts that are ready, below zero where missing.

    Parameters
    ----------
    counts : (n,) float array
    moments : (3, n) float array
        Written, as by `hard_calls`.
    """
    for k in range(counts.size):
        count = float(counts[k])
        if count < 0 or np.isnan(count):
            count = np.nan
        moments[0, k] = count
        moments[1, k] = count * count
        moments[2, k] = 2
