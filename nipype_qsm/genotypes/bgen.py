"""BGEN files: layout 1 and 2, uncompressed, zlib or zstd, with the index that bgenix makes where there is one.

A variant is a short identity followed by one compressed block that holds everyone; reading is one pass through the
file, and a block is inflated only if its variant is wanted. The effect allele is the second allele of the file, as
BGENIE has it. Every length that the file states is compared with what is there, so that a truncated copy is noticed
where it ends.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from nipype_qsm.errors import QSMError, ToolMissing
from nipype_qsm.genotypes.bgen_index import Entry, require_index_of, select
from nipype_qsm.genotypes.block import EVERYTHING, Block, Selection, chromosome
from nipype_qsm.genotypes.people import People, read_people
from nipype_qsm.kernels.genetics.probabilities import any_ploidy, coded, diploid_bytes

U16, U32 = struct.Struct("<H"), struct.Struct("<I")
BUFFER = 1 << 22
NOBODY = np.zeros(0, np.int64)


class Identity(NamedTuple):
    """What stands before a variant's probabilities."""

    chrom: str
    pos: int
    name: str
    alleles: tuple[str, ...]


class Bgen:
    """A BGEN file that is open.

    Parameters
    ----------
    path : path
    samples : path, optional
        Needed where the file holds no identifiers; compared with them where it does.
    """

    probabilities = True

    def __init__(self, path: str | Path, samples: str | Path | None = None) -> None:
        self.path = Path(path)
        self.skipped = 0
        with self.path.open("rb") as file:
            self._header(file)
        own = People.named(self._ids, self.path.name) if self._ids is not None else None
        if samples is None and own is None:
            raise QSMError(
                f"{self.path.name} does not say who is in it.", remedy="Give its sample file with --samples."
            )
        given = read_people(samples) if samples is not None else None
        if given is not None and len(given) != self.n_file:
            raise QSMError(
                f"{self.path.name} holds {self.n_file} people, {Path(str(samples)).name} names {len(given)}.",
                remedy="Give the sample file that belongs to this genotype file.",
            )
        self.people = own.agreeing(given, self.path.name, Path(str(samples)).name) if own and given else (given or own)  # type: ignore[assignment]
        self.index = self.path.with_name(self.path.name + ".bgi")
        if self.index.is_file():
            require_index_of(self.index, self.path, self.n_variants)

    def _header(self, file: BinaryIO) -> None:
        start = file.read(4)
        block = file.read(20)
        if len(start) < 4 or len(block) < 20 or block[12:16] not in (b"bgen", b"\0\0\0\0"):
            raise QSMError(f"{self.path} is not a BGEN file.", remedy="Give the file that holds the genotypes.")
        (offset,) = U32.unpack(start)
        length, self.n_variants, self.n_file = struct.unpack("<III", block[:12])
        file.seek(4 + length - 4)
        (flags,) = U32.unpack(self._read(file, 4, "its header"))
        self.compression, self.layout = flags & 3, flags >> 2 & 15
        if self.layout not in (1, 2) or self.compression == 3:
            raise QSMError(
                f"{self.path} is BGEN of layout {self.layout}, compression {self.compression}.",
                remedy="Write it again as BGEN 1.2, such as with `plink2 --export bgen-1.2 bits=8`.",
            )
        self._ids: list[str] | None = None
        if flags >> 31:
            _, count = struct.unpack("<II", self._read(file, 8, "its list of people"))
            if count != self.n_file:
                raise QSMError(
                    f"{self.path} says {self.n_file} people in its header and {count} in its list of them.",
                    remedy="Copy or make the file again.",
                )
            self._ids = [self._text(file, U16, "its list of people") for _ in range(count)]
        self.first = offset + 4

    def _read(self, file: BinaryIO, size: int, what: str) -> bytes:
        data = file.read(size)
        if len(data) < size:
            raise QSMError(
                f"{self.path} ends in {what}, at byte {self.path.stat().st_size}: it is truncated.",
                remedy="Copy the file again, and compare its size with the original's.",
            )
        return data

    def _text(self, file: BinaryIO, size: struct.Struct, what: str) -> str:
        (length,) = size.unpack(self._read(file, size.size, what))
        return self._read(file, length, what).decode("utf-8", "replace")

    def _identity(self, file: BinaryIO, number: int) -> Identity:
        what = f"variant {number + 1} of {self.n_variants}"
        if self.layout == 1:
            (people,) = U32.unpack(self._read(file, 4, what))
            if people != self.n_file:
                raise QSMError(f"{what} of {self.path} counts {people} people.", remedy="Make the file again.")
        second = self._text(file, U16, what)
        name = self._text(file, U16, what)
        chrom = chromosome(self._text(file, U16, what))
        (pos,) = U32.unpack(self._read(file, 4, what))
        n_alleles = 2 if self.layout == 1 else U16.unpack(self._read(file, 2, what))[0]
        alleles = tuple(self._text(file, U32, what) for _ in range(n_alleles))
        return Identity(chrom, pos, name if name not in ("", ".") else second or ".", alleles)

    def variants(
        self, selection: Selection = EVERYTHING
    ) -> Iterator[tuple[Identity, Callable[[], bytes], tuple[int, int]]]:
        """Walk (identity, function that inflates it, place in the file) of the variants that are wanted."""
        with self.path.open("rb", buffering=BUFFER) as file:
            if selection and self.index.is_file():
                for number, entry in enumerate(select(self.index, selection)):
                    file.seek(entry.start)
                    yield self._at(file, number, entry)
                return
            file.seek(self.first)
            for number in range(self.n_variants):
                start = file.tell()
                identity = self._identity(file, number)
                stored, size = self._sizes(file, number)
                data = self._read(file, stored, f"variant {number + 1} of {self.n_variants}")
                if selection and not selection.takes(*_key(identity)):
                    continue
                yield identity, self._inflating(data, size, number), (start, file.tell() - start)

    def _at(self, file: BinaryIO, number: int, entry: Entry) -> tuple[Identity, Callable[[], bytes], tuple[int, int]]:
        identity = self._identity(file, number)
        if (identity.pos, identity.alleles) != (entry.pos, entry.alleles):
            raise QSMError(
                f"{self.index.name} expects {entry.name} at byte {entry.start}, "
                f"where {self.path.name} has {identity.name}.",
                remedy=f"Delete {self.index.name}, or make it again: it belongs to another file.",
            )
        stored, size = self._sizes(file, number)
        data = self._read(file, stored, f"variant {identity.name}")
        return identity, self._inflating(data, size, number), (entry.start, entry.size)

    def _sizes(self, file: BinaryIO, number: int) -> tuple[int, int]:
        what = f"variant {number + 1} of {self.n_variants}"
        if self.layout == 1:
            size = 6 * self.n_file
            return (U32.unpack(self._read(file, 4, what))[0] if self.compression else size), size
        (stored,) = U32.unpack(self._read(file, 4, what))
        if not self.compression:
            return stored, stored
        return stored - 4, U32.unpack(self._read(file, 4, what))[0]

    def _inflating(self, data: bytes, size: int, number: int) -> Callable[[], bytes]:
        def inflated() -> bytes:
            try:
                found = INFLATERS[self.compression](data, size)
            except ToolMissing:
                raise
            except Exception as error:
                raise QSMError(
                    f"Variant {number + 1} of {self.path} cannot be inflated ({error}).",
                    remedy="Copy the file again: it is damaged.",
                ) from None
            if len(found) != size:
                raise QSMError(
                    f"Variant {number + 1} of {self.path} holds {len(found)} bytes, not {size}.",
                    remedy="Copy the file again: it is damaged.",
                )
            return found

        return inflated

    def blocks(
        self, rows: np.ndarray, size: int = 128, selection: Selection = EVERYTHING, haploid_count: float = 2.0
    ) -> Iterator[Block]:
        """Walk blocks of decoded variants; see `Genotypes`."""
        decoder = _Decoder(self, rows, haploid_count)
        block = Block(size, rows.size)
        for identity, inflated, _ in self.variants(selection):
            if len(identity.alleles) != 2:
                self.skipped += 1
                continue
            chrom, pos, name, other, effect = _key(identity)
            decoder.decode(inflated(), block, block.add(chrom, pos, name, other, effect))
            if block.full:
                yield block
                block.clear()
        if len(block):
            yield block


class _Decoder:
    def __init__(self, file: Bgen, rows: np.ndarray, haploid_count: float) -> None:
        self.file, self.haploid_count = file, haploid_count
        n_file = file.n_file
        self.rows = NOBODY if np.array_equal(rows, np.arange(n_file)) else np.ascontiguousarray(rows, np.int64)
        self.place = np.full(n_file, -1, np.int64)
        self.place[rows] = np.arange(rows.size)
        self.moments = np.empty((3, rows.size))
        self.males = file.people.sex[rows] == 1
        self.nobody = np.zeros(rows.size, bool)
        self.wanted = rows

    def decode(self, data: bytes, block: Block, row: int) -> None:
        """Write one variant into its row of a block."""
        raw = np.frombuffer(data, np.uint8)
        on_x = block.chrom[row] == "X"
        if self.file.layout == 1:
            self._layout_1(raw)
        else:
            if self._is_simple(data) and not on_x:
                centre = diploid_bytes(raw, self.rows, self.file.n_file, block.values[row], block.sums[row])
                if centre >= 0:
                    block.centre[row], block.unit[row] = centre, 255.0
                    return
            self._layout_2(raw, block.id[row])
        centre, n_missing = coded(
            self.moments,
            self.males if on_x else self.nobody,
            self.haploid_count,
            block.values[row],
            block.sums[row],
        )
        block.centre[row], block.unit[row] = centre, 1.0
        if n_missing:
            block.missing[row] = np.flatnonzero(np.isnan(self.moments[0]))

    def _is_simple(self, data: bytes) -> bool:
        n = self.file.n_file
        return data[6:8] == b"\2\2" and data[8 + n : 10 + n] == b"\0\x08" and len(data) == 10 + 3 * n

    def _layout_1(self, raw: np.ndarray) -> None:
        stored = raw.view("<u2").reshape(-1, 3)[self.wanted].astype(float) / 32768
        absent = stored.sum(axis=1) == 0
        self.moments[0] = np.where(absent, np.nan, stored[:, 1] + 2 * stored[:, 2])
        self.moments[1] = np.where(absent, np.nan, stored[:, 1] + 4 * stored[:, 2])
        self.moments[2] = 2

    def _layout_2(self, raw: np.ndarray, name: str) -> None:
        n = self.file.n_file
        people = int(raw[:4].view("<u4")[0])
        if people != n:
            raise QSMError(f"{name} of {self.file.path} counts {people} people, not {n}.", remedy="Make it again.")
        phased, n_bits = bool(raw[8 + n]), int(raw[9 + n])
        ploidy = raw[8 : 8 + n] & 63
        if not 1 <= n_bits <= 32 or raw.size < 10 + n + (int(ploidy.sum(dtype=np.int64)) * n_bits + 7) // 8:
            raise QSMError(f"{name} of {self.file.path} is damaged.", remedy="Copy the file again.")
        if any_ploidy(raw, self.place, phased, n_bits, self.moments):
            raise QSMError(
                f"{name} of {self.file.path} has people with more than two copies.",
                remedy="Leave such variants out: associations here are of haploid and diploid genotypes.",
            )


def _key(identity: Identity) -> tuple[str, int, str, str, str]:
    effect = identity.alleles[1] if len(identity.alleles) > 1 else ""
    return identity.chrom, identity.pos, identity.name, identity.alleles[0], effect


def _plain(data: bytes, size: int) -> bytes:
    return data


def _zlib() -> Callable[[bytes, int], bytes]:
    try:
        from deflate import zlib_decompress
    except ImportError:
        return lambda data, size: zlib.decompress(data, bufsize=size)
    return zlib_decompress


def _zstd(data: bytes, size: int) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise ToolMissing(
            "The package zstandard, which reads this BGEN file's compression, is not installed.",
            remedy="pip install 'nipype_qsm[genetics]'",
        ) from None
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=size)


INFLATERS: tuple[Callable[[bytes, int], bytes], ...] = (_plain, _zlib(), _zstd)
__all__ = ["Bgen", "Identity"]
