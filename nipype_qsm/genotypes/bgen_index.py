"""The index of a BGEN file (`.bgi`, an SQLite table as bgenix makes it): where each variant stands.

An index is believed only if it was made for this very file: size and first thousand bytes are compared. One is written
the same way, so that other programs can use it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import Selection, chromosome

TABLE = """CREATE TABLE Variant (chromosome TEXT NOT NULL, position INT NOT NULL, rsid TEXT NOT NULL,
number_of_alleles INT NOT NULL, allele1 TEXT NOT NULL, allele2 TEXT NULL, file_start_position INT NOT NULL,
size_in_bytes INT NOT NULL, PRIMARY KEY (chromosome, position, rsid, allele1, allele2, file_start_position))
WITHOUT ROWID"""
MOST_SPANS = 100  # in one question: SQLite's expressions are at most a thousand deep
METADATA = """CREATE TABLE Metadata (filename TEXT NOT NULL, file_size INT NOT NULL, last_write_time INT NOT NULL,
first_1000_bytes BLOB NOT NULL, index_creation_time INT NOT NULL)"""


class Entry(NamedTuple):
    """A variant as the index knows it."""

    chrom: str
    pos: int
    name: str
    alleles: tuple[str, ...]
    start: int
    size: int


def read_index(path: Path, spans: Sequence[tuple[int, int]] = ()) -> Iterator[Entry]:
    """Walk an index in the order of the file.

    Parameters
    ----------
    path : Path
    spans : sequence of (first, last)
        Only positions within one of these, on whatever chromosome; empty for all.
    """
    within = " OR ".join(["position BETWEEN ? AND ?"] * len(spans))
    with _opened(path) as table:
        rows = table.execute(
            "SELECT chromosome, position, rsid, allele1, allele2, file_start_position, size_in_bytes FROM Variant "
            f"{'WHERE ' if spans else ''}{within} ORDER BY file_start_position",
            [end for span in spans for end in span],
        )
        for chrom, pos, name, first, second, start, size in rows:
            yield Entry(chromosome(str(chrom)), int(pos), str(name), (first, second), int(start), int(size))


def select(path: Path, selection: Selection) -> Iterator[Entry]:
    """Walk the entries that are wanted, in the order of the file."""
    spans = [(first, last) for _, first, last in selection.regions]
    for entry in read_index(path, spans if len(spans) <= MOST_SPANS else ()):
        if selection.takes(entry.chrom, entry.pos, entry.name, entry.alleles[0], entry.alleles[1] or ""):
            yield entry


def require_index_of(path: Path, bgen: Path, n_variants: int) -> None:
    """Refuse an index that was made for another file.

    Parameters
    ----------
    path : Path
    bgen : Path
    n_variants : int
    """
    with _opened(path) as table:
        (count,) = table.execute("SELECT COUNT(*) FROM Variant").fetchone()
        known = None
        if table.execute("SELECT 1 FROM sqlite_master WHERE name = 'Metadata'").fetchone():
            known = table.execute("SELECT file_size, first_1000_bytes FROM Metadata").fetchone()
    with bgen.open("rb") as file:
        head = file.read(1000)
    wrong = []
    if count != n_variants:
        wrong.append(f"lists {count} variants instead of {n_variants}")
    if known is not None and int(known[0]) != bgen.stat().st_size:
        wrong.append(f"is of a file of {known[0]} bytes instead of {bgen.stat().st_size}")
    if known is not None and known[1] is not None and bytes(known[1]) != head[: len(known[1])]:
        wrong.append("is of a file that begins differently")
    if wrong:
        raise QSMError(
            f"{path.name} {' and '.join(wrong)}: it is not the index of {bgen.name}, or one of the two is damaged.",
            remedy=f"Delete {path.name} or make it again; if the sizes differ, copy {bgen.name} again.",
        )


def write_index(bgen: Path, entries: Iterable[Entry]) -> Path:
    """Write the index of a BGEN file beside it, atomically.

    Parameters
    ----------
    bgen : Path
    entries : iterable of Entry
    """
    target = bgen.with_name(bgen.name + ".bgi")
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    with bgen.open("rb") as file:
        head = file.read(1000)
    facts = bgen.stat()
    with contextlib.closing(sqlite3.connect(temporary)) as table:
        table.execute(TABLE)
        table.execute(METADATA)
        table.executemany(
            "INSERT INTO Variant VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((e.chrom, e.pos, e.name, len(e.alleles), e.alleles[0], e.alleles[1], e.start, e.size) for e in entries),
        )
        table.execute(
            "INSERT INTO Metadata VALUES (?, ?, ?, ?, ?)",
            (bgen.name, facts.st_size, int(facts.st_mtime), head, int(time.time())),
        )
        table.commit()
    temporary.replace(target)
    return target


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as table:
            yield table
    except sqlite3.DatabaseError as error:
        raise QSMError(
            f"{path} cannot be read as an index ({error}).", remedy="Delete it, or make it again with bgenix."
        ) from None
