"""PLINK files: `.bed` of PLINK 1, read here, and `.pgen` of PLINK 2, read by its authors' library.

The effect allele is the first allele of a `.bim` file and the alternative allele of a `.pvar` file, which is what
PLINK 2 takes them for. A `.bed` file has hard calls; a `.pgen` file may hold expected allele counts, but no genotype
probabilities, so that the imputation information of its variants is a ratio of variances.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nipype_qsm.errors import QSMError, ToolMissing
from nipype_qsm.genotypes.block import EVERYTHING, Block, Selection, chromosome
from nipype_qsm.genotypes.people import read_people
from nipype_qsm.kernels.genetics.hard_calls import hard_calls, plain_counts
from nipype_qsm.kernels.genetics.probabilities import coded

Name = tuple[str, int, str, str, str]


class _Plink:
    people_suffixes: tuple[str, ...] = ()
    table_suffixes: tuple[str, ...] = ()
    probabilities = False

    def __init__(self, path: str | Path, samples: str | Path | None = None) -> None:
        self.path = Path(path)
        self.skipped = 0
        self.people = read_people(samples or self._beside(self.people_suffixes))
        self.table = self._beside(self.table_suffixes)
        self.n_variants = sum(1 for _ in self._names())

    def _beside(self, suffixes: tuple[str, ...]) -> Path:
        for suffix in suffixes:
            if self.path.with_suffix(suffix).is_file():
                return self.path.with_suffix(suffix)
        raise QSMError(
            f"{self.path.with_suffix(suffixes[0])} does not exist.",
            remedy=f"Put it beside {self.path.name}, under the same name.",
        )

    def _names(self) -> Iterator[Name]:
        raise NotImplementedError

    def _moments(self, number: int, rows: np.ndarray, moments: np.ndarray) -> None:
        raise NotImplementedError

    def _begin(self, rows: np.ndarray) -> None:
        """Open the file for these people."""

    def blocks(
        self, rows: np.ndarray, size: int = 128, selection: Selection = EVERYTHING, haploid_count: float = 2.0
    ) -> Iterator[Block]:
        """Walk blocks of decoded variants; see `Genotypes`."""
        rows = np.ascontiguousarray(rows, np.int64)
        moments = np.empty((3, rows.size))
        males, nobody = self.people.sex[rows] == 1, np.zeros(rows.size, bool)
        block = Block(size, rows.size)
        self._begin(rows)
        for number, name in enumerate(self._names()):
            if selection and not selection.takes(*name):
                continue
            if "," in name[4]:
                self.skipped += 1
                continue
            row = block.add(*name)
            self._moments(number, rows, moments)
            own = males if name[0] == "X" else nobody
            _no_male_heterozygotes(moments, own)
            block.centre[row], n_missing = coded(moments, own, haploid_count, block.values[row], block.sums[row])
            if n_missing:
                block.missing[row] = np.flatnonzero(np.isnan(moments[0]))
            if block.full:
                yield block
                block.clear()
        if len(block):
            yield block


def _no_male_heterozygotes(moments: np.ndarray, males: np.ndarray) -> None:
    moments[:2, males & (moments[0] == 1)] = np.nan


class PlinkBed(_Plink):
    """A `.bed` file that is open, with its `.bim` and `.fam`."""

    people_suffixes, table_suffixes = (".fam",), (".bim",)
    probabilities = True  # hard calls are taken for certain

    def __init__(self, path: str | Path, samples: str | Path | None = None) -> None:
        super().__init__(path, samples)
        self.stride = (len(self.people) + 3) // 4
        with self.path.open("rb") as file:
            magic = file.read(3)
        if magic != b"\x6c\x1b\x01":
            raise QSMError(
                f"{self.path} is not a variant-major PLINK 1 file.", remedy="Write it again with `plink2 --make-bed`."
            )
        expected, found = 3 + self.stride * self.n_variants, self.path.stat().st_size
        if expected != found:
            raise QSMError(
                f"{self.path} has {found} bytes; "
                f"{len(self.people)} people and {self.n_variants} variants need {expected}.",
                remedy="Copy the file again, and make sure that .bed, .bim and .fam belong together.",
            )

    def _names(self) -> Iterator[Name]:
        with self.table.open() as file:
            for number, line in enumerate(file, start=1):
                cells = line.split()
                if len(cells) < 6:
                    raise QSMError(f"Line {number} of {self.table} has {len(cells)} cells.", remedy="Repair it.")
                yield chromosome(cells[0]), int(cells[3]), cells[1], cells[5], cells[4]

    def _begin(self, rows: np.ndarray) -> None:
        self._packed = np.memmap(self.path, np.uint8, "r", offset=3, shape=(self.n_variants, self.stride))

    def _moments(self, number: int, rows: np.ndarray, moments: np.ndarray) -> None:
        hard_calls(np.asarray(self._packed[number]), rows, moments)


class PlinkPgen(_Plink):
    """A `.pgen` file that is open, with its `.pvar` and `.psam`."""

    people_suffixes, table_suffixes = (".psam", ".fam"), (".pvar", ".pvar.zst", ".bim")

    def _names(self) -> Iterator[Name]:
        if self.table.suffix == ".zst":
            raise QSMError(f"{self.table} is compressed.", remedy=f"Unpack it: `zstd -d {self.table.name}`.")
        place = {"CHROM": 0, "POS": 1, "ID": 2, "REF": 3, "ALT": 4}
        if self.table.suffix == ".bim":
            place = {"CHROM": 0, "ID": 1, "POS": 3, "ALT": 4, "REF": 5}
        with self.table.open() as file:
            for line in file:
                if line.startswith("##"):
                    continue
                cells = line.split()
                if line.startswith("#"):
                    place = {name.lstrip("#"): column for column, name in enumerate(cells)}
                    continue
                yield (
                    chromosome(cells[place["CHROM"]]),
                    int(cells[place["POS"]]),
                    cells[place["ID"]],
                    cells[place["REF"]],
                    cells[place["ALT"]],
                )

    def _begin(self, rows: np.ndarray) -> None:
        try:
            from pgenlib import PgenReader
        except ImportError:
            raise ToolMissing(
                "The package pgenlib, which reads .pgen files, is not installed.",
                remedy="pip install 'nipype_qsm[genetics]', or export to BGEN with plink2.",
            ) from None
        people = len(self.people)
        try:
            self._reader = PgenReader(
                str(self.path).encode(), raw_sample_ct=people, sample_subset=np.sort(rows).astype(np.uint32)
            )
        except RuntimeError as error:
            raise QSMError(
                f"{self.path} cannot be read ({error}).",
                remedy="Make sure that .pgen, .pvar and .psam belong together, and copy them again.",
            ) from None
        if self._reader.get_variant_ct() != self.n_variants:
            raise QSMError(
                f"{self.path} holds {self._reader.get_variant_ct()} variants, "
                f"{self.table.name} names {self.n_variants}.",
                remedy="Make sure that .pgen and .pvar belong together.",
            )
        self._order = np.argsort(np.argsort(rows))
        self._counts = np.empty(rows.size, np.float32)

    def _moments(self, number: int, rows: np.ndarray, moments: np.ndarray) -> None:
        self._reader.read_dosages(number, self._counts)
        plain_counts(self._counts[self._order], moments)
