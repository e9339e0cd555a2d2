"""Write BGEN 1.2: eight bits a probability, diploid people, two alleles, with ids and an index.

What a subset needs: an imaging study of 40,000 people inside files of half a million spends its time on inflating
the other 460,000, so they are written once without them.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nipype_qsm.genotypes.bgen_index import Entry, write_index

COMPRESSIONS = {"none": 0, "zlib": 1, "zstd": 2}


class BgenWriter:
    """Write a BGEN file; use it in a `with` block: the file gets its name when all is written.

    Parameters
    ----------
    path : path
    ids : sequence of str
    compression : str
        `zlib`, `zstd` or `none`.
    index : bool
        Write the index beside it.
    """

    def __init__(self, path: str | Path, ids: Sequence[str], *, compression: str = "zlib", index: bool = True) -> None:
        self.path, self.ids, self.compression, self.index = Path(path), list(ids), compression, index
        self.n_variants = 0
        self.entries: list[Entry] = []

    def __enter__(self) -> BgenWriter:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._hidden = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        self._file: BinaryIO = self._hidden.open("wb")
        encoded = [one.encode() for one in self.ids]
        people = b"".join(struct.pack("<H", len(one)) + one for one in encoded)
        people = struct.pack("<II", len(people) + 8, len(encoded)) + people
        flags = COMPRESSIONS[self.compression] | 2 << 2 | 1 << 31
        head = struct.pack("<III4sI", 20, 0, len(encoded), b"bgen", flags)
        self._file.write(struct.pack("<I", len(head) + len(people)) + head + people)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self._file.seek(8)
            self._file.write(struct.pack("<I", self.n_variants))
        self._file.close()
        if kind is not None:
            self._hidden.unlink(missing_ok=True)
            return
        self._hidden.replace(self.path)
        if self.index:
            write_index(self.path, self.entries)

    def add(self, place: tuple[str, int, str], alleles: Sequence[str], block: bytes) -> None:
        """Append a variant.

        Parameters
        ----------
        place : (chromosome, position, identifier)
        alleles : sequence of str
            The effect allele second.
        block : bytes
            Probability block of layout 2, not compressed.
        """
        chrom, pos, name = place
        start = self._file.tell()
        texts = b"".join(struct.pack("<H", len(one)) + one for one in (name.encode(), name.encode(), chrom.encode()))
        written = b"".join(struct.pack("<I", len(one)) + one for one in (each.encode() for each in alleles))
        self._file.write(texts + struct.pack("<IH", pos, len(alleles)) + written)
        if self.compression == "none":
            self._file.write(struct.pack("<I", len(block)) + block)
        else:
            packed = zlib.compress(block, 6) if self.compression == "zlib" else _zstd(block)
            self._file.write(struct.pack("<II", len(packed) + 4, len(block)) + packed)
        self.n_variants += 1
        first, second = alleles[0], alleles[1] if len(alleles) > 1 else ""
        self.entries.append(Entry(chrom, pos, name, (first, second), start, self._file.tell() - start))

    def add_probabilities(self, place: tuple[str, int, str], alleles: Sequence[str], probabilities: np.ndarray) -> None:
        """Append a variant from probabilities.

        Parameters
        ----------
        place : (chromosome, position, identifier)
        alleles : sequence of str
        probabilities : (people, 3) float array
            Of no, one and two effect alleles; a row with NaN is missing.
        """
        absent = np.isnan(probabilities).any(axis=1)
        stored = np.rint(np.where(absent[:, None], 0, probabilities[:, :2]) * 255).astype(np.int64)
        stored[:, 1] = np.minimum(stored[:, 1], 255 - stored[:, 0])
        ploidy = np.where(absent, 0x82, 2).astype(np.uint8)
        self.add(place, alleles, diploid_block(ploidy, stored.astype(np.uint8)))


def diploid_block(ploidy: np.ndarray, stored: np.ndarray) -> bytes:
    """Return the probability block of layout 2 for eight bits and diploid people.

    Parameters
    ----------
    ploidy : (people,) uint8 array
        With the highest bit set where missing.
    stored : (people, 2) uint8 array
    """
    head = struct.pack("<IHBB", ploidy.size, 2, 2, 2)
    return head + ploidy.tobytes() + b"\0\x08" + np.ascontiguousarray(stored).tobytes()


def _zstd(block: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=3).compress(block)
