"""Fewer people of a BGEN variant, their probabilities untouched.

Each person's probabilities are so many bits one after the other. Those of the people kept are copied, at any number of
bits and any ploidy, so that the subset holds exactly what the file held.
"""

from __future__ import annotations

import numba
import numpy as np

from nipype_qsm.errors import QSMError


def bgen_subset(block: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Keep some people of a probability block.

    Parameters
    ----------
    block : (bytes,) uint8 array
        Inflated probability block of layout 2.
    rows : (n,) int array
        People to keep, in this order.

    Returns
    -------
    kept : (bytes,) uint8 array
        The block of those people.

    References
    ----------
    Bycroft et al. 2018, doi:10.1038/s41586-018-0579-z (the files this is for)
    """
    n = int(block[:4].view("<u4")[0])
    alleles = int(block[4:6].view("<u2")[0])
    ploidy = block[8 : 8 + n]
    phased, n_bits = int(block[8 + n]), int(block[9 + n])
    copies = (ploidy & 63).astype(np.int64)
    stored = _stored(copies, alleles, bool(phased)) * n_bits
    start = np.concatenate([[0], np.cumsum(stored)])
    if block.size < 10 + n + (int(start[-1]) + 7) // 8:
        raise QSMError("A probability block ends too early.", remedy="Copy the file again: it is damaged.")
    own = ploidy[rows]
    kept_bits = stored[rows]
    data = block[10 + n :]
    if n_bits % 8 == 0 and (stored == stored[0]).all():
        width = int(stored[0]) // 8
        probabilities = data[: n * width].reshape(n, width)[rows].ravel()
    else:
        probabilities = _copied(data, start[rows], kept_bits)
    head = np.zeros(8, np.uint8)
    head[:4] = np.frombuffer(np.uint32(rows.size).tobytes(), np.uint8)
    head[4:6] = block[4:6]
    head[6], head[7] = (own & 63).min(), (own & 63).max()
    return np.concatenate([head, own, block[8 + n : 10 + n], probabilities])


def _stored(copies: np.ndarray, alleles: int, phased: bool) -> np.ndarray:
    """Return how many probabilities each person has."""
    if phased:
        return copies * (alleles - 1)
    found = np.ones(copies.size, np.int64)
    for part in range(1, alleles):
        found = found * (copies + part) // part
    return found - 1


@numba.njit(cache=True, nogil=True)
def _copied(data: np.ndarray, start: np.ndarray, n_bits: np.ndarray) -> np.ndarray:
    total = 0
    for k in range(n_bits.size):
        total += n_bits[k]
    kept = np.zeros((total + 7) // 8, np.uint8)
    place = 0
    for k in range(n_bits.size):
        for bit in range(n_bits[k]):
            source = start[k] + bit
            if (data[source >> 3] >> (source & 7)) & 1:
                kept[place >> 3] |= np.uint8(1 << (place & 7))
            place += 1
    return kept
