"""UK Biobank's bulk download: archives sorted into visits by their names, and opened into the tree of `ukb.py`.

Fields 20219, 20251, 20252, 20253 and 26301 are read; of each archive only the files that the tree names are taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nipype_qsm.archives import take
from nipype_qsm.errors import ImageError, MetadataError
from nipype_qsm.ukb import Visit, place

FIELDS = {
    "20219": "DICOM of the gradient echo",
    "20251": "gradient echo, SWI/",
    "20252": "T1, T1/",
    "20253": "FLAIR, T2_FLAIR/",
    "26301": "susceptibility, QSM/",
}
"""Bulk fields that are read."""
BULK_NAME = re.compile(r"(?P<eid>[^_]+)_(?P<field>\d+)_(?P<instance>\d+)_(?P<index>\d+)\.zip", re.IGNORECASE)
TOP_FOLDERS = ("SWI", "QSM", "T1", "T2_FLAIR", "DICOM")


@dataclass(frozen=True)
class Package:
    """A visit before it is opened: a folder, or the archives of one visit."""

    label: str
    folder: Path | None = None
    archives: tuple[Path, ...] = ()

    def open(self, work: Path) -> Visit:
        """Return the visit; what is needed of archives goes into a folder of `work`."""
        if self.folder is not None:
            return Visit(self.label, self.folder)
        folder = work / self.label
        taken = {archive: take(archive, folder, _place_of(archive)) for archive in self.archives}
        for archive, files in taken.items():
            if not files:
                raise ImageError(
                    f"{archive} holds no file that UK Biobank's tree names ({FIELDS[_parts(archive)['field']]}).",
                    remedy="Check that it is the field that its name says; docs/ukb_tree.md lists the names.",
                )
        return Visit(self.label, folder, self.archives)


def _place_of(archive: Path) -> Callable[[str], str | None]:
    if _parts(archive)["field"] != "20219":
        return place
    # DICOM images are told apart by what they hold, but two folders may use one name.
    return lambda member: f"DICOM/{member}" if not member.lower().endswith((".json", ".txt", ".csv")) else None


def packages(subjects: Sequence[str | Path], instance: int | None = None) -> tuple[list[Package], list[str]]:
    """Sort folders and bulk archives into visits.

    Parameters
    ----------
    subjects : sequence of path
        A visit's folder, a bulk archive, or a folder of archives.
    instance : int, optional
        Take the archives of this instance alone (2 is the first imaging visit, 3 the repeat).

    Returns
    -------
    packages : list of Package
    notes : list of str
        What was left out.
    """
    folders, archives = [], []
    for subject in map(Path, subjects):
        if subject.is_dir() and any((subject / name).is_dir() for name in TOP_FOLDERS):
            folders.append(Package(subject.resolve().name, subject.resolve()))
        elif subject.is_dir() and list(subject.glob("*.zip")):
            archives += sorted(subject.glob("*.zip"))
        elif subject.is_file():
            archives.append(subject)
        else:
            what = "holds none of " + ", ".join(TOP_FOLDERS) if subject.is_dir() else "does not exist"
            raise ImageError(
                f"{subject} {what}.", remedy="Give a visit's folder, its bulk archives, or a folder of archives."
            )
    found, notes = _grouped(archives, instance)
    labels = [package.label for package in folders + found]
    for label in labels:
        if labels.count(label) > 1:
            raise MetadataError(
                f"Two subjects are called {label}, and would share one output folder.",
                remedy="Run them one by one, with different --out.",
            )
    return folders + found, notes


def _grouped(archives: Sequence[Path], instance: int | None) -> tuple[list[Package], list[str]]:
    visits: dict[str, dict[str, Path]] = {}
    notes = []
    for archive in archives:
        parts = _parts(archive)
        if parts["field"] not in FIELDS:
            notes.append(f"{archive.name}: field {parts['field']} is not needed")
        elif instance is not None and int(parts["instance"]) != instance:
            notes.append(f"{archive.name}: not of instance {instance}")
        else:
            own = visits.setdefault(f"{parts['eid']}_{parts['instance']}", {})
            if parts["field"] in own:
                raise MetadataError(
                    f"{archive} and {own[parts['field']]} are the same field of the same visit.",
                    remedy="Give each archive once.",
                )
            own[parts["field"]] = archive.resolve()
    if archives and not visits:
        raise MetadataError(
            f"None of the {len(archives)} archives is used ({'; '.join(notes[:3])}).",
            remedy=f"Give fields {', '.join(FIELDS)}; leave out --instance, or correct it.",
        )
    return [Package(label, None, tuple(own[key] for key in sorted(own))) for label, own in visits.items()], notes


def _parts(archive: Path) -> dict[str, str]:
    named = BULK_NAME.fullmatch(archive.name)
    if named is None:
        raise MetadataError(
            f"{archive} is not named as UK Biobank names bulk archives (1234567_20251_2_0.zip).",
            remedy="Keep the names of the download: they tell participant, field and instance apart.",
        )
    return named.groupdict()
