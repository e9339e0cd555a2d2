"""UK Biobank's folder of one visit: where files are, what they are called, what they hold.

The tree itself stands in `ukb.tree`, in the format of fslpy's file trees; this module finds files in it, names files
for writing, and chooses the echoes to start from.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nipype_qsm.errors import ImageError

TREE_FILE = Path(__file__).with_name("ukb.tree")
ECHO_TIMES = (0.00942, 0.020)
"""Seconds: what UK Biobank's own scripts take, where no side-car tells."""
FIELD_STRENGTH = 3.0
"""Tesla, of every UK Biobank scanner."""
N_ECHOES = 2


class Entry(NamedTuple):
    """One line of the tree."""

    name: str
    path: str
    writers: str
    unit: str
    meaning: str


@cache
def file_tree() -> Any:
    """Return the tree as fslpy reads it, its paths relative to the visit's folder."""
    with warnings.catch_warnings():
        # The same class lives on in the package `file-tree`, which needs far more than it.
        warnings.simplefilter("ignore", DeprecationWarning)
        from fsl.utils.filetree import FileTree
    return FileTree.read(str(TREE_FILE), directory="")


@cache
def entries() -> dict[str, Entry]:
    """Return the files of the tree by their short names, in its order."""
    templates = file_tree().templates
    found = {}
    for line in TREE_FILE.read_text().splitlines():
        place, _, comment = line.partition("#")
        short = re.search(r"\((\w+)\)\s*$", place)
        if short and comment.count("|") >= 2:
            writers, unit, meaning = (part.strip() for part in comment.split("|", 2))
            found[short[1]] = Entry(short[1], templates[short[1]], writers, unit, meaning)
    return found


def place(member: str) -> str | None:
    """Return where a file of an archive belongs in the tree, None where nowhere: leading folders are left out."""
    parts = member.split("/")
    for start in range(len(parts)):
        rest = "/".join(parts[start:])
        for name in (rest, f"{rest}.gz", re.sub(r"\.json$", ".nii.gz", rest)):
            if any(pattern.fullmatch(name) for pattern in _patterns()):
                return rest
    return None


@cache
def _patterns() -> list[re.Pattern[str]]:
    variable = re.compile(r"\\\{\w+\\\}")
    return [re.compile(variable.sub("[^/]+", re.escape(entry.path))) for entry in entries().values()]


@dataclass(frozen=True)
class Visit:
    """One visit of one participant, as a folder.

    Parameters
    ----------
    label : str
        Names the visit in outputs, such as `1234567_2`.
    folder : Path
    archives : tuple of Path
        Bulk archives that were put into the folder.
    """

    label: str
    folder: Path
    archives: tuple[Path, ...] = field(default=())

    def path(self, name: str, **variables: object) -> Path:
        """Return the path of a file by its short name, whether it is there or not."""
        tree = file_tree().update(**{key: str(value) for key, value in variables.items()})
        return self.folder / tree.get(name)

    def find(self, *names: str, **variables: object) -> Path | None:
        """Return the first of some files that is there, `.nii` standing for `.nii.gz`, too."""
        for name in names:
            path = self.path(name, **variables)
            for candidate in (path, path.with_name(path.name.removesuffix(".gz"))):
                if candidate.is_file():
                    return candidate
        return None

    def all(self, name: str, **variables: object) -> list[Path]:
        """Return every file of a template, what is not given of its variables being anything, sorted."""
        template = file_tree().templates[name]
        for key, value in variables.items():
            template = template.replace(f"{{{key}}}", str(value))
        pattern = re.sub(r"\{\w+\}", "*", template)
        found = [*self.folder.glob(pattern), *self.folder.glob(pattern.removesuffix(".gz"))]
        return sorted(path for path in set(found) if not path.name.startswith("."))

    def require(self, *names: str, why: str) -> Path:
        """Return the first of some files that is there, and refuse where none is."""
        found = self.find(*names)
        if found is None:
            raise ImageError(
                f"{self.label}: {' or '.join(entries()[name].path for name in names)} is missing; {why}",
                remedy=f"Check the folder {self.folder}, or download the field again.",
            )
        return found


class Echoes(NamedTuple):
    """Phase and magnitude of every echo, and where they come from."""

    source: str
    phase: list[Path]
    magnitude: list[Path]


SOURCES = {
    "coils": "uncombined coils (SWI/MAG_TE*, SWI/PHA_TE*)",
    "combined": "coils combined by UK Biobank (QSM_mcpc3Ds_*)",
    "scanner": "the scanner's combination (SWI_TOTAL_*): its phase may hold errors of the combination",
}
"""Where echoes can come from, the best first."""


def echoes(visit: Visit, source: str = "auto") -> Echoes | None:
    """Choose phase and magnitude: coils where there are any, else combined, else the scanner's combination.

    Parameters
    ----------
    visit : Visit
    source : str
        `auto`, or a name of `SOURCES`.
    """
    for name in SOURCES if source == "auto" else (source,):
        phase, magnitude = _CHOICES[name](visit)
        if not phase and not magnitude:
            continue
        if len(phase) != len(magnitude):
            raise ImageError(
                f"{visit.label} has {len(phase)} phase and {len(magnitude)} magnitude files of {SOURCES[name]}.",
                remedy="Download the field again, or choose other files (--from).",
            )
        return Echoes(name, phase, magnitude)
    return None


def _coils(visit: Visit) -> tuple[list[Path], list[Path]]:
    return visit.all("coil_phase"), visit.all("coil_magnitude")


def _combined(visit: Visit) -> tuple[list[Path], list[Path]]:
    for folder in ("released", "combined"):
        phase, magnitude = (visit.all(f"{folder}_{kind}") for kind in ("phase", "magnitude"))
        if phase or magnitude:
            return phase, magnitude
    return [], []


def _scanner(visit: Visit) -> tuple[list[Path], list[Path]]:
    phase = [visit.find(f"total_phase_{n}") for n in range(1, N_ECHOES + 1)]
    # The phase is never gradient-unwarped, so its magnitude must not be, either.
    magnitude = [visit.find(f"total_magnitude_orig_{n}", f"total_magnitude_{n}") for n in range(1, N_ECHOES + 1)]
    return [path for path in phase if path], [path for path in magnitude if path]


_CHOICES = {"coils": _coils, "combined": _combined, "scanner": _scanner}
