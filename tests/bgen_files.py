"""BGEN files written byte by byte, independently of the package: every layout, bit depth, phase and ploidy."""

import struct
import zlib
from pathlib import Path

import numpy as np


def packed(values, n_bits):
    """Write whole numbers one after the other, lowest bit first."""
    total = 0
    for place, value in enumerate(values):
        total |= int(value) << (place * n_bits)
    return total.to_bytes((len(values) * n_bits + 7) // 8, "little")


def layout_2(probabilities, n_bits=8, phased=False, ploidy=None):
    """Return a probability block; `probabilities` holds the stored ones of each person, None for the missing."""
    n = len(probabilities)
    ploidy = [2] * n if ploidy is None else list(ploidy)
    largest = 2**n_bits - 1
    stored = []
    for person, copies in zip(probabilities, ploidy, strict=True):
        stored += [0] * copies if person is None else [round(p * largest) for p in person[:copies]]
    bytes_ = [copies | (128 if person is None else 0) for copies, person in zip(ploidy, probabilities, strict=True)]
    head = struct.pack("<IHBB", n, 2, min(ploidy), max(ploidy)) + bytes(bytes_)
    return head + bytes([int(phased), n_bits]) + packed(stored, n_bits)


def write_bgen(path, variants, ids=None, n=None, compression=1, layout=2):
    """Write variants (chrom, pos, name, alleles, block); layout 1 blocks are probabilities (n, 3)."""
    n = len(ids) if ids is not None else n
    flags = compression | layout << 2 | (1 << 31 if ids is not None else 0)
    people = b""
    if ids is not None:
        people = b"".join(struct.pack("<H", len(one)) + one.encode() for one in ids)
        people = struct.pack("<II", len(people) + 8, n) + people
    head = struct.pack("<III4sI", 20, len(variants), n, b"bgen", flags)
    with Path(path).open("wb") as file:
        file.write(struct.pack("<I", len(head) + len(people)) + head + people)
        for chrom, pos, name, alleles, block in variants:
            stored = np.rint(np.asarray(block) * 32768).astype("<u2").tobytes() if layout == 1 else block
            if layout == 1:
                file.write(struct.pack("<I", n))
            for one in (name, name, chrom):
                file.write(struct.pack("<H", len(one)) + one.encode())
            file.write(struct.pack("<I", pos) + (struct.pack("<H", len(alleles)) if layout == 2 else b""))
            for one in alleles:
                file.write(struct.pack("<I", len(one)) + one.encode())
            small = squeezed(stored, compression)
            if layout == 1:
                file.write((struct.pack("<I", len(small)) if compression else b"") + small)
            elif compression:
                file.write(struct.pack("<II", len(small) + 4, len(stored)) + small)
            else:
                file.write(struct.pack("<I", len(stored)) + stored)
    return Path(path)


def squeezed(block, compression):
    """Compress as the header says."""
    if compression == 2:
        import zstandard

        return zstandard.ZstdCompressor().compress(block)
    return zlib.compress(block) if compression else block


def random_probabilities(rng, n_variants, n_people, certain=0.7):
    """Return (variants, people, 3) genotype probabilities of an imputation, in steps of 1/255."""
    frequency = rng.uniform(0.1, 0.9, (n_variants, 1))
    found = np.zeros((n_variants, n_people, 3))
    calls = rng.binomial(2, frequency, (n_variants, n_people))
    np.put_along_axis(found, calls[..., None], 1.0, axis=2)
    unsure = rng.random((n_variants, n_people)) > certain
    found[unsure] = 0.7 * found[unsure] + 0.3 * rng.dirichlet([1, 1, 1], int(unsure.sum()))
    stored = np.rint(found[..., :2] * 255)
    stored[..., 1] = np.minimum(stored[..., 1], 255 - stored[..., 0])
    return np.concatenate([stored, 255 - stored.sum(axis=2, keepdims=True)], axis=2) / 255


def write_imputed(path, probabilities, ids, chrom="1", **options):
    """Write plain imputed variants a thousand bases apart, alleles A (other) and G (effect)."""
    return write_bgen(
        path,
        [
            (chrom, 1000 * (row + 1), f"rs{row + 1}", ("A", "G"), layout_2([list(one[:2]) for one in block]))
            for row, block in enumerate(probabilities)
        ],
        ids,
        **options,
    )
