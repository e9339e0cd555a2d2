"""From the bytes of a BGEN variant to allele counts.

BGEN stores, for each person, the probability of each genotype; what an association needs is the expected count of the
effect allele, which here is the second allele of the file. Eight bits a probability, two alleles, everyone diploid and
nobody missing is what imputed data look like: that case runs in whole numbers over the bytes as they are. All other
cases (1 to 32 bits, phased haplotypes, haploid males, missing people) take the general path.
Counts leave minus a centre, so that sums over them lose no digits in single precision; who is missing is zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

i32 = np.int32
CHUNK = 8192  # of squares up to 510^2, so that their sum stays below 2^31
N_SUMS = 8


class Sums(NamedTuple):
    """What is summed over people while a variant is decoded, in the order of the array `sums`."""

    observed: int = 0  # people with a genotype
    total: int = 1  # expected effect alleles
    squares: int = 2  # their squares; those of haploid people twice, so that half of it is a square an allele
    unsure: int = 3  # expected square minus squared expectation of the count: what the imputation left open
    alleles: int = 4  # chromosomes of those people: 2 a diploid person
    het: int = 5  # rounded genotypes, diploid people only
    hom_effect: int = 6
    hom_other: int = 7


@numba.njit(cache=True, nogil=True)
def _summed(pairs: np.ndarray) -> tuple[np.int64, np.int64, np.int64, np.int64, np.int64]:
    total = squares = first = above = top = np.int64(0)
    for start in range(0, pairs.size, CHUNK):
        # Over a slice from its own beginning the compiler knows that no index is negative, and uses wide registers.
        part = pairs[start : start + CHUNK]
        t = q = f = a = h = i32(0)
        for k in range(part.size):
            w = i32(part[k])
            p0 = i32(w & i32(255))
            v = i32(i32(510) - i32(p0 + p0) - i32(w >> i32(8)))
            t = i32(t + v)
            q = i32(q + i32(v * v))
            f = i32(f + p0)
            a = i32(a + i32(v > i32(127)))
            h = i32(h + i32(v > i32(382)))
        total += t
        squares += q
        first += f
        above += a
        top += h
    return total, squares, first, above, top


@numba.njit(cache=True, nogil=True)
def _written(pairs: np.ndarray, centre: np.int64, values: np.ndarray) -> None:
    c = i32(centre)
    for k in range(pairs.size):
        w = i32(pairs[k])
        p0 = i32(w & i32(255))
        values[k] = np.float32(i32(i32(510) - i32(p0 + p0) - i32(w >> i32(8)) - c))


@numba.njit(cache=True, nogil=True)
def _all_diploid(ploidy: np.ndarray) -> bool:
    different = np.uint8(0)
    for k in range(ploidy.size):
        different |= ploidy[k] ^ np.uint8(2)
    return different == 0


@numba.njit(cache=True, nogil=True)
def diploid_bytes(data: np.ndarray, rows: np.ndarray, n_file: int, values: np.ndarray, sums: np.ndarray) -> float:
    """Decode a variant of complete diploid people at eight bits; counts are in units of 1/255.

    Parameters
    ----------
    data : (bytes,) uint8 array
        An inflated probability block of layout 2.
    rows : (n,) int array
        People of the file, in the order wanted; empty for all, as they stand.
    n_file : int
        People in the file.
    values : (n,) float32 array
        Written: expected count of the second allele minus the centre, times 255.
    sums : (8,) float array
        Written: see `Sums`.

    Returns
    -------
    centre : float
        In units of 1/255; -1 if the variant is another case and nothing was written.
    """
    if not _all_diploid(data[8 : 8 + n_file]):
        return -1.0
    pairs = data[10 + n_file : 10 + 3 * n_file].view(np.uint16)
    if rows.size:
        chosen = np.empty(rows.size, np.uint16)
        for k in range(rows.size):
            chosen[k] = pairs[rows[k]]
        pairs = chosen
    total, squares, first, above, top = _summed(pairs)
    n = pairs.size
    centre = np.int64(total // max(n, 1))
    _written(pairs, centre, values)
    sums[0] = n
    sums[1] = total / 255.0
    sums[2] = squares / 65025.0
    sums[3] = (3 * total + 2 * first - 510 * n) / 255.0 - sums[2]
    sums[4] = 2 * n
    sums[5] = above - top
    sums[6] = top
    sums[7] = n - above
    return float(centre)


@numba.njit(cache=True, nogil=True)
def _bits(data: np.ndarray, start: int, n_bits: int) -> np.int64:
    value, taken = np.uint64(0), 0
    while taken < n_bits:
        byte, inner = (start + taken) >> 3, (start + taken) & 7
        step = min(8 - inner, n_bits - taken)
        part = (np.uint64(data[byte]) >> np.uint64(inner)) & np.uint64((1 << step) - 1)
        value |= part << np.uint64(taken)
        taken += step
    return np.int64(value)


@numba.njit(cache=True, nogil=True)
def any_ploidy(data: np.ndarray, place: np.ndarray, phased: bool, n_bits: int, moments: np.ndarray) -> int:
    """Decode a variant of any ploidy up to two, at any number of bits, phased or not.

    Parameters
    ----------
    data : (bytes,) uint8 array
        An inflated probability block of layout 2.
    place : (people of the file,) int array
        Row of each person among the wanted, -1 for none.
    phased : bool
    n_bits : int
        1 to 32.
    moments : (3, n) float array
        Written: expected allele count, expected square of it (NaN for the missing), and ploidy.

    Returns
    -------
    fault : int
        0, or 1 where someone has more than two copies.
    """
    n_file = place.size
    largest = np.float64((np.uint64(1) << np.uint64(n_bits)) - np.uint64(1))
    position = (10 + n_file) * 8
    for person in range(n_file):
        byte = data[8 + person]
        ploidy, absent = byte & 63, byte & 128
        if ploidy > 2:
            return 1
        row = place[person]
        p0 = _bits(data, position, n_bits) / largest if ploidy > 0 else 0.0
        p1 = _bits(data, position + n_bits, n_bits) / largest if ploidy == 2 else 0.0
        position += ploidy * n_bits
        if row < 0:
            continue
        moments[2, row] = ploidy
        if absent or ploidy == 0:
            moments[0, row] = moments[1, row] = np.nan
        elif ploidy == 1:
            moments[0, row] = moments[1, row] = 1 - p0
        elif phased:
            mean = 2 - p0 - p1
            moments[0, row] = mean
            moments[1, row] = mean * mean + p0 * (1 - p0) + p1 * (1 - p1)
        else:
            moments[0, row] = 2 - 2 * p0 - p1
            moments[1, row] = 4 - 4 * p0 - 3 * p1
    return 0


@numba.njit(cache=True, nogil=True)
def coded(
    moments: np.ndarray, males: np.ndarray, haploid_count: float, values: np.ndarray, sums: np.ndarray
) -> tuple[float, int]:
    """Turn allele counts into centred values and sums; haploid people count as `haploid_count` alleles.

    Parameters
    ----------
    moments : (3, n) float array
        Expected count, expected square, ploidy.
    males : (n,) bool array
        On the X chromosome, people with one copy whatever the file says; all False elsewhere.
    haploid_count : float
        2 puts hemizygous men beside homozygous women, 1 beside heterozygous ones.
    values : (n,) float32 array
        Written.
    sums : (8,) float array
        Written: see `Sums`.

    Returns
    -------
    centre : float
    n_missing : int
    """
    sums[:] = 0
    n = values.size
    missing = 0
    for k in range(n):
        count, square, ploidy = moments[0, k], moments[1, k], moments[2, k]
        if np.isnan(count):
            missing += 1
            continue
        single = ploidy == 1 or males[k]
        if single and ploidy == 2:
            count, square = count / 2, square / 4
            moments[0, k], moments[1, k], moments[2, k] = count, square, 1
        sums[0] += 1
        sums[1] += count
        sums[2] += count * count * (2 if single else 1)
        sums[3] += square - count * count
        sums[4] += 1 if single else 2
        if not single:
            sums[5] += 0.5 < count < 1.5
            sums[6] += count >= 1.5
            sums[7] += count <= 0.5
    coded_total = 0.0
    for k in range(n):
        if not np.isnan(moments[0, k]):
            coded_total += moments[0, k] * (haploid_count if moments[2, k] == 1 else 1.0)
    centre = coded_total / max(n - missing, 1)
    for k in range(n):
        factor = haploid_count if moments[2, k] == 1 else 1.0
        values[k] = 0.0 if np.isnan(moments[0, k]) else moments[0, k] * factor - centre
    return centre, missing
