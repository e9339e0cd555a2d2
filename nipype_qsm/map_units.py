"""The units of a store of maps: who is planned for which unit, and which units are finished.

A unit is some hundreds of subjects, the rows that one node writes and nobody else touches. Its plan says who belongs to
it. Its marker, written last and at once, says that its shards are whole, with their checksums: a unit without a marker
is not there, whatever lies on the disk.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from isal import isal_zlib

from nipype_qsm.errors import ImageError, QSMError
from nipype_qsm.io import atomically, read_json, write_json
from nipype_qsm.kernels.cohort.unit_sums import Sums
from nipype_qsm.lock import locked


@dataclass(frozen=True)
class Unit:
    """A finished unit.

    Parameters
    ----------
    number : int
        Its rows begin at `number` times the store's unit size.
    subjects : tuple of str
        In the order of the rows.
    files : dict
        Shards and sums by their paths in the store: bytes and CRC-32.
    notes : dict
        What was counted when it was made.
    """

    number: int
    subjects: tuple[str, ...]
    files: dict[str, dict[str, Any]]
    notes: dict[str, Any] = field(default_factory=dict)


class Units:
    """The folder of plans, markers and sums.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def finished(self) -> list[Unit]:
        """Return the finished units in the order of their rows; one subject in two of them is refused."""
        found = [self._unit(path) for path in sorted(self.folder.glob("*.done.json"))]
        seen: dict[str, int] = {}
        for unit in found:
            for subject in unit.subjects:
                if seen.setdefault(subject, unit.number) != unit.number:
                    raise QSMError(
                        f"Subject {subject} stands in the units {seen[subject]} and {unit.number} of {self.folder}.",
                        remedy=f"Remove {self._path(unit.number, 'done.json')}, and ingest again.",
                    )
        return found

    def _unit(self, path: Path) -> Unit:
        told: dict[str, Any] = read_json(path)
        return Unit(int(path.name.split(".")[0]), tuple(told["subjects"]), told["files"], told["notes"])

    def planned(self) -> dict[int, dict[str, str]]:
        """Return who is planned for each unit that is not finished: subject to file."""
        paths = {int(path.name.split(".")[0]): path for path in sorted(self.folder.glob("*.plan.json"))}
        return {
            number: {str(subject): str(file) for subject, file in read_json(path).items()}
            for number, path in paths.items()
            if not self._path(number, "done.json").is_file()
        }

    def plan(self, maps: Mapping[str, str], size: int) -> dict[int, dict[str, str]]:
        """Share out subjects, and return what is to be done: planned units whose subjects are all given, and new ones.

        Parameters
        ----------
        maps : mapping of str to str
            Subject to file; subjects that are there already must not be among them.
        size : int
            Subjects of a unit, at most.
        """
        left = dict(maps)
        chosen = {}
        for number, own in self.planned().items():
            if all(left.get(subject) == file for subject, file in own.items()):
                chosen[number] = own
                left = {subject: file for subject, file in left.items() if subject not in own}
            else:
                self._path(number, "plan.json").unlink()
        subjects, number = list(left), self.next_number()
        for first in range(0, len(subjects), size):
            chosen[number] = {subject: left[subject] for subject in subjects[first : first + size]}
            write_json(chosen[number], self._path(number, "plan.json"))
            number += 1
        return chosen

    def next_number(self) -> int:
        """Return the number after the last that was ever used."""
        names = (re.match(r"(\d+)\.", path.name) for path in self.folder.iterdir())
        return max((int(name[1]) for name in names if name), default=-1) + 1

    def finish(self, unit: Unit) -> None:
        """Write the marker of a unit: from now on it is there. Refused where the unit is planned for others by now."""
        planned = self.planned().get(unit.number, {})
        if tuple(planned) != unit.subjects:
            raise QSMError(
                f"Unit {unit.number} of {self.folder} is planned for other subjects than those that were written.",
                remedy="Another run works in the store, or did: run again.",
            )
        told = {key: value for key, value in asdict(unit).items() if key != "number"}
        write_json(told, self._path(unit.number, "done.json"))

    def discard(self, number: int) -> None:
        """Take a finished unit out of the store; its subjects can be ingested again."""
        # The marker first: without it the unit is not there.
        self._path(number, "done.json").unlink(missing_ok=True)
        for path in self.folder.glob(f"{number:06d}.*"):
            path.unlink()

    def save_sums(self, number: int, sums: Sums, group: str = "all", rows: Sequence[int] | None = None) -> Path:
        """Write the sums of a unit, or of some of its rows.

        Parameters
        ----------
        number : int
        sums : Sums
        group : str
        rows : sequence of int, optional
            Who of the unit is in the group; everyone by default.
        """
        path = self.sums_path(number, group)
        members = np.arange(sums.n_subjects) if rows is None else np.asarray(rows)
        with atomically(path) as temporary, temporary.open("wb") as file:
            np.savez(file, known=sums.known.astype(np.int32), total=sums.total, squares=sums.squares, rows=members)
        return path

    def load_sums(self, number: int, group: str, rows: np.ndarray) -> Sums | None:
        """Return the sums of exactly these rows of a unit, where they were saved.

        Parameters
        ----------
        number : int
        group : str
        rows : (n,) int array
        """
        path = self.sums_path(number, group)
        if not path.is_file():
            return None
        with np.load(path) as saved:
            if not np.array_equal(saved["rows"], rows):
                return None
            return Sums(saved["known"].astype(np.int64), saved["total"], saved["squares"], len(rows))

    def sums_path(self, number: int, group: str) -> Path:
        """Return where the sums of a group of a unit are."""
        return self._path(number, f"{re.sub('[^A-Za-z0-9-]', '_', group)}.npz")

    def _path(self, number: int, ending: str) -> Path:
        return self.folder / f"{number:06d}.{ending}"


def fingerprint(path: Path) -> dict[str, Any]:
    """Return size and CRC-32 of a file."""
    try:
        check, size = 0, 0
        with path.open("rb") as content:
            while part := content.read(1 << 20):
                check, size = isal_zlib.crc32(part, check), size + len(part)
        return {"bytes": size, "crc32": f"{check:08x}"}
    except OSError as error:
        raise ImageError(f"{path} cannot be read ({error.strerror}).", remedy="Check the disk.") from None


def faults(store: Path, unit: Unit) -> list[str]:
    """Return what is missing or damaged of a unit's files, in words.

    Parameters
    ----------
    store : Path
    unit : Unit
    """
    missing = [f"{name} is missing" for name in unit.files if not (store / name).is_file()]
    there = {name: told for name, told in unit.files.items() if (store / name).is_file()}
    return missing + [f"{name} is damaged" for name, told in there.items() if fingerprint(store / name) != told]


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Let one process at a time write into a store, and give it the folder beside the store to work in.

    Parameters
    ----------
    path : Path
        Of the store, which need not be there yet.
    """
    folder = path.with_name(f"{path.name}.work")
    try:
        with locked(folder):
            yield folder
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # an empty one only
