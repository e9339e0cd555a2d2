"""Who is in a genotype file: identifiers and sex, from the file or from the table beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nipype_qsm.errors import QSMError

SEXES = {"1": 1, "2": 2, "M": 1, "F": 2, "MALE": 1, "FEMALE": 2}
TYPES = {"0", "D", "B", "P", "C"}


@dataclass(frozen=True)
class People:
    """Identifiers in the order of the file.

    Parameters
    ----------
    ids : list of str
    sex : (n,) int array
        1 male, 2 female, 0 not known.
    families : list of str
        Empty where the file names none.
    """

    ids: list[str]
    sex: np.ndarray
    families: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def named(cls, ids: list[str], source: str) -> People:
        """Take ids alone; an id that occurs twice is refused."""
        return cls(ids, np.zeros(len(ids), np.int8), [])._unique(source)

    def _unique(self, source: str) -> People:
        seen: set[str] = set()
        for number, name in enumerate(self.ids, start=1):
            if name in seen:
                raise QSMError(
                    f"{source} names {name} twice (again as person {number}).",
                    remedy="Remove the duplicate: people are joined by id.",
                )
            seen.add(name)
        return self

    def agreeing(self, other: People, own: str, others: str) -> People:
        """Return `other`, which knows more, after making sure that it names the same people in the same order."""
        if len(self) != len(other):
            raise QSMError(
                f"{own} holds {len(self)} people, {others} names {len(other)}.",
                remedy="Give the sample file that belongs to this genotype file.",
            )
        pasted = other.families or other.ids
        for number, (mine, theirs, family) in enumerate(zip(self.ids, other.ids, pasted, strict=True), start=1):
            if mine not in (theirs, f"{family}_{theirs}", f"{family} {theirs}"):
                raise QSMError(
                    f"Person {number} is {mine} in {own} and {theirs} in {others}.",
                    remedy="Give the sample file that belongs to this genotype file: order and ids must be the same.",
                )
        return other


def read_people(path: str | Path) -> People:
    """Read a `.fam`, `.psam`, Oxford `.sample` file, or one id a line.

    Parameters
    ----------
    path : path
    """
    path = Path(path)
    if not path.is_file():
        raise QSMError(f"{path} does not exist.", remedy="Check the path of the sample file.")
    lines = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("##")]
    if not lines:
        raise QSMError(f"{path} is empty.", remedy="Give the sample file of the genotypes.")
    if path.suffix == ".fam":
        return _people(lines, 1, 4, 0, path)
    head = [cell.lstrip("#").upper() for cell in lines[0]]
    if lines[0][0].startswith("#") or (path.suffix == ".psam" and "IID" in head):
        family = head.index("FID") if "FID" in head else None
        return _people(lines[1:], head.index("IID"), head.index("SEX") if "SEX" in head else None, family, path)
    if len(lines) > 1 and set(lines[1]) <= TYPES and lines[1][0] == "0":
        second = len(head) > 1 and head[1] not in ("MISSING", "SEX")
        sex = head.index("SEX") if "SEX" in head else None
        return _people(lines[2:], 1 if second else 0, sex, 0 if second else None, path)
    if head[0] in ("ID_1", "ID"):
        raise QSMError(
            f"{path} has a heading but no row of types (0 0 0 ...) below it.",
            remedy="Give an Oxford sample file with both lines, or ids alone, one a line.",
        )
    if path.suffix == ".sample" and len(lines[0]) > 2:
        return _people(lines, 1, None, 0, path)
    return _people(lines, len(lines[0]) > 1, None, 0 if len(lines[0]) > 1 else None, path)


def _people(lines: list[list[str]], column: int, sex: int | None, family: int | None, path: Path) -> People:
    shortest = max(column, sex or 0, family or 0) + 1
    for number, cells in enumerate(lines, start=1):
        if len(cells) < shortest:
            raise QSMError(f"Row {number} of {path} has {len(cells)} cells.", remedy="Repair that row.")
    ids = [cells[column] for cells in lines]
    sexes = np.array([SEXES.get(cells[sex].upper(), 0) if sex is not None else 0 for cells in lines], np.int8)
    families = [cells[family] for cells in lines] if family is not None else []
    return People(ids, sexes, families)._unique(str(path))


def read_ids(path: str | Path) -> list[str]:
    """Read a list of people: ids one a line, `FID IID` pairs, or the first column of a table with a heading.

    Parameters
    ----------
    path : path
    """
    path = Path(path)
    if not path.is_file():
        raise QSMError(f"{path} does not exist.", remedy="Check the path of the list of people.")
    text = path.read_text(encoding="utf-8-sig").replace('"', "")  # as spreadsheets save lists
    lines = [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]
    headings = {"EID", "IID", "ID", "FID", "SUBJECT", "PARTICIPANT_ID", "ID_1", "SAMPLE"}
    if lines and lines[0][0].lstrip("#").upper() in headings:
        head = [cell.lstrip("#").upper() for cell in lines[0]]
        column = head.index("IID") if "IID" in head else 0
        lines = lines[1:]
    else:
        column = 1 if lines and len(lines[0]) == 2 else 0
    if any(len(cells) <= column for cells in lines):
        raise QSMError(f"{path} has rows of different lengths.", remedy="Give one id a line.")
    return list(dict.fromkeys(cells[column] for cells in lines))
