"""Maps of many subjects on disk: which files they are, whose, in which unit and in which space.

Everything is told by a source and nothing by the numbers: a table, a side-car, or the names of UK Biobank's tree and of
BIDS. A file that none of them speaks for is refused with what to add.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nipype_qsm.bids_names import Name
from nipype_qsm.errors import GeometryError, ImageError, MetadataError, QSMError, UnitsError
from nipype_qsm.io import read_frame, read_sidecar
from nipype_qsm.spaces import SUBJECT, canonical, declared_space
from nipype_qsm.tables import VISIT_COLUMNS, id_column_of, plain_id
from nipype_qsm.tables import read_frame as read_plain
from nipype_qsm.ukb import entries
from nipype_qsm.units import ppm_to_ppb, seconds_to_milliseconds

if TYPE_CHECKING:
    from nipype_qsm.geometry import Frame

IMAGES = (".nii", ".nii.gz")
TABLES = (".tsv", ".csv", ".parquet", ".txt", ".tsv.gz", ".csv.gz")
PATH_COLUMNS = ("path", "file", "map")


class Kept(NamedTuple):
    """How a quantity is kept in a store: unit, size of a step, and its names in folders of results."""

    unit: str
    scale: float
    tree: str
    suffix: str
    stem: str


KEPT = {
    "chi_referenced": Kept("ppb", 0.1, "qsm_to_mni", "Chimap", "chi_referenced_space-template"),
    "t2star": Kept("ms", 0.1, "t2star_to_mni", "T2starmap", "t2star_space-template"),
}
"""Quantities that a store can hold: up to 3,276.7 units, in steps of 0.1."""

BIDS_UNITS = {"Chimap": "ppm", "T2starmap": "s"}
"""BIDS fixes the unit of these suffixes."""

FACTORS = {("ppm", "ppb"): ppm_to_ppb(1.0), ("s", "ms"): seconds_to_milliseconds(1.0)}


class Owner(NamedTuple):
    """Whose a file is."""

    subject: str
    visit: str


def owner(path: Path, top: Path | None = None) -> Owner | None:
    """Return whose a file is by its path: `sub-01/ses-2`, `1000010_20252_2_0`, `1000010_2`; None where none says so.

    Parameters
    ----------
    path : path
    top : path, optional
        Folders above it say nothing.
    """
    parts = list(path.absolute().parts)
    parts = parts[len(top.absolute().parts) - 1 :] if top is not None else parts
    for part in reversed(parts):
        bulk = re.match(r"(\d{5,})_\d+_(\d+)_\d+", part) or re.fullmatch(r"(\d{5,})_(\d+)", part)
        if bulk:
            return Owner(bulk[1], bulk[2])
        subject = re.search(r"(?:^|_)sub-([A-Za-z0-9]+)", part)
        if subject:
            session = re.findall(r"(?:^|[/_])ses-([A-Za-z0-9]+)", "/".join(parts))
            return Owner(subject[1], session[-1] if session else "")
    return None


def find_maps(sources: Sequence[str | Path], quantity: str, *, id_column: str = "", visit: str = "") -> dict[str, Path]:
    """Return the map of each subject.

    Parameters
    ----------
    sources : sequence of path
        Folders of results, files, patterns (`results/*/SWI/QSM/QSM_to_MNI.nii.gz`), or tables with a column of ids and
        one named path.
    quantity : str
        What is looked for in folders.
    id_column : str
        Of the tables.
    visit : str
        Take this visit; where a subject has several, one must be chosen.
    """
    found: dict[str, tuple[Path, str]] = {}
    for source in sources:
        for own, path in _of_source(Path(source), quantity, id_column):
            if visit and plain_id(own.visit) != plain_id(visit):
                continue
            if own.subject in found and found[own.subject][0] != path:
                _refuse_second(own, path, *found[own.subject])
            found[own.subject] = path, own.visit
    if not found:
        told = f" of visit {visit}" if visit else ""
        raise ImageError(
            f"No map{told} was found in {', '.join(map(str, sources[:3]))}.",
            remedy=f"Give folders with {_names(quantity)}, files (a pattern in quotes), or a table with the columns "
            "eid and path.",
        )
    return {subject: path for subject, (path, _) in found.items()}


def _refuse_second(own: Owner, path: Path, other: Path, visit: str) -> None:
    if visit != own.visit:
        raise MetadataError(
            f"Subject {own.subject} has maps of the visits {visit or 'without a name'} and {own.visit or 'none'}.",
            remedy=f"Choose one (--visit {own.visit or visit}).",
        )
    raise MetadataError(f"{path} and {other} are both of subject {own.subject}.", remedy="Give one of them.")


def _of_source(source: Path, quantity: str, id_column: str) -> Iterator[tuple[Owner, Path]]:
    if source.is_dir():
        for path in sorted(source.rglob("*.nii*")):
            if is_map(path, quantity):
                yield _owned(path, source), path
    elif source.name.endswith(TABLES) and source.is_file():
        yield from _of_table(source, id_column)
    elif source.is_file():
        if not source.name.endswith(IMAGES):
            raise ImageError(f"{source} is neither an image nor a table.", remedy="Give .nii, .nii.gz, TSV or CSV.")
        yield _owned(source, None), source
    else:
        fixed = Path(source.anchor) if source.is_absolute() else Path()
        matching = sorted(fixed.glob(str(source.relative_to(fixed)))) if set(str(source)) & set("*?[") else []
        if not matching:
            raise ImageError(f"{source} does not exist.", remedy="Check the path, or the pattern.")
        for match in matching:
            yield from _of_source(Path(match), quantity, id_column)


def _owned(path: Path, top: Path | None) -> Owner:
    own = owner(path, top) or (_named(path) if top is None else None)
    if own is None:
        raise MetadataError(
            f"Nothing in the path of {path} says whose it is.",
            remedy="Give a table with the columns eid and path instead; or name folders as UK Biobank (1000010_2) or "
            "BIDS (sub-01) does, or files 1000010.nii.gz or 1000010_chi.nii.gz.",
        )
    return own


def _named(path: Path) -> Owner | None:
    """Return whose a single file is: `1000010_chi.nii.gz`, or a name of one word with a number in it, `P017.nii`."""
    own = re.fullmatch(r"(\d{5,})_.*|([A-Za-z-]*\d[A-Za-z0-9-]*)", path.name.partition(".")[0])
    return Owner(own[1] or own[2], "") if own else None


def _of_table(source: Path, id_column: str) -> Iterator[tuple[Owner, Path]]:
    frame = read_plain(source, as_text=id_column or None)
    column = id_column_of(list(frame.columns), id_column or None)
    place = next((name for name in PATH_COLUMNS if name in frame), None)
    if place is None or column not in frame or column == place:
        raise QSMError(
            f"{source} has the columns {', '.join(map(str, frame.columns[:8]))}.",
            remedy="Give a table with the columns eid (or --id) and path.",
        )
    visits = next((name for name in VISIT_COLUMNS if name in frame), None)
    for row in frame.to_dict("records"):
        path = source.parent / str(row[place])
        if not path.is_file():
            raise ImageError(f"{path}, of {row[column]} in {source}, does not exist.", remedy="Correct the table.")
        yield Owner(plain_id(row[column]), plain_id(row[visits]) if visits else ""), path


def is_map(path: Path, quantity: str) -> bool:
    """Tell whether a file of a folder of results is the map in a template's space.

    Parameters
    ----------
    path : Path
    quantity : str
    """
    kept, name = KEPT[quantity], Name.of(path)
    if name.extension not in IMAGES or path.name.startswith("."):
        return False
    if path.name.removesuffix(".gz") == Path(entries()[kept.tree].path).name.removesuffix(".gz"):
        return True
    space = name.entities.get("space", "")
    in_template = bool(space) and canonical(space) != SUBJECT
    return (name.suffix == kept.suffix and in_template) or path.name.partition(".")[0] == kept.stem


def _names(quantity: str) -> str:
    kept = KEPT[quantity]
    return f"{Path(entries()[kept.tree].path).name}, *_space-*_{kept.suffix}.nii.gz or {kept.stem}.nii.gz"


def factor_of(path: Path, quantity: str, said: str = "") -> float:
    """Return what a map's numbers are multiplied by to be in the store's unit.

    Parameters
    ----------
    path : Path
    quantity : str
    said : str
        Unit that the user gave, for files without a side-car; one that the side-car contradicts is refused.
    """
    own, kept = declared_unit(path, quantity), KEPT[quantity]
    if said and own and said != own:
        raise UnitsError(f"{path} is in {own} and not in {said}.", remedy="Leave out --unit.")
    unit = own or said
    if not unit:
        space = "" if declared_space(path.name, read_sidecar(path)) else " Its space is needed as well (--space)."
        raise UnitsError(
            f"Nothing says in which unit {path} is.",
            remedy=f"Give it (--unit {kept.unit}), or write Units into its side-car.{space}",
        )
    if unit == kept.unit:
        return 1.0
    if (unit, kept.unit) not in FACTORS:
        known = [pair[0] for pair in FACTORS if pair[1] == kept.unit]
        raise UnitsError(f"{path} is in {unit}.", remedy=f"Give maps of {quantity} in {kept.unit} or {known[0]}.")
    return FACTORS[unit, kept.unit]


def declared_unit(path: Path, quantity: str) -> str:
    """Return the unit that a map's side-car or its convention declares; empty when neither does.

    Parameters
    ----------
    path : Path
    quantity : str
    """
    told = read_sidecar(path).get("Units")
    if isinstance(told, str) and told:
        return told
    tree = entries()[KEPT[quantity].tree]
    if path.name == Path(tree.path).name:
        return tree.unit
    name = Name.of(path)
    return BIDS_UNITS.get(name.suffix, "") if "sub" in name.entities else ""


def space_of(path: Path, said: str = "") -> str:
    """Return the space of a map; it must be declared, or said.

    Parameters
    ----------
    path : Path
    said : str
        Space that the user gave.
    """
    own, said = declared_space(path.name, read_sidecar(path)), canonical(said) if said else ""
    if said and own and own != said:
        raise GeometryError(f"{path} lies in {own} and not in {said}.", remedy="Leave out --space.")
    if not (own or said):
        raise GeometryError(
            f"Nothing says in which template's space {path} lies.",
            remedy="Give it (--space MNI152NLin6Asym), or write SpatialReference into its side-car.",
        )
    if (own or said) == SUBJECT:
        raise GeometryError(f"{path} lies in the subject's own space.", remedy="Give maps on a template's grid.")
    return own or said


def require_fit(path: Path, frame: Frame, space: str, *, said: str = "") -> None:
    """Refuse a map on another grid, affine or space than the store's.

    Parameters
    ----------
    path : Path
    frame : Frame
        Of the store.
    space : str
        Of the store.
    said : str
        Space that the user gave for maps that declare none.
    """
    own = read_frame(path)
    if any(n != 1 for n in own.shape[3:]):
        raise GeometryError(f"{path} has shape {own.shape}; one 3-D map is expected.", remedy="Split it.")
    frame.require_same(own, f"map {path.name}")
    found = space_of(path, said)
    if found != space:
        raise GeometryError(
            f"{path} lies in {found}, the store in {space}.", remedy="Keep maps of two spaces in two stores."
        )
