"""What leaves the pipeline under UK Biobank's names and in UK Biobank's units: chi in ppb, T2* in ms, IDP_files.

Maps of an earlier run of this package are replaced; files that the core pipeline or a download left under the same
names are never overwritten.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nipype_qsm.errors import ImageError
from nipype_qsm.io import copied, read_sidecar, sidecar_path, write_json, write_text
from nipype_qsm.provenance import is_ours
from nipype_qsm.renaming import TABLES, Renamed, renamed
from nipype_qsm.tables import read_rows, write_rows
from nipype_qsm.ukb import N_ECHOES, Visit
from nipype_qsm.units import ppm_to_ppb

MAPS: dict[str, Renamed] = {
    "qsm": Renamed("chi", "chi", "ppb"),
    "qsm_referenced": Renamed("chi_referenced", "chi_referenced", "ppb"),
    "qsm_to_t1": Renamed("chi_referenced", "chi_referenced_space-T1w", "ppb"),
    "qsm_to_mni": Renamed("chi_referenced", "chi_referenced_space-template", "ppb"),
    "qsm_mask": Renamed("mask_tissue", "mask_tissue", ""),
    "qsm_csf_region": Renamed("mask_reference", "mask_reference", ""),
    "t2star": Renamed("t2star", "t2star", "ms"),
    "t2star_to_t1": Renamed("t2star", "t2star_space-T1w", "ms"),
    "t2star_to_mni": Renamed("t2star", "t2star_space-template", "ms"),
    "own_white_matter": Renamed("mask_white_matter", "mask_white_matter_space-T1w", ""),
    "own_lesions": Renamed("mask_lesions", "mask_lesions_space-T1w", ""),
    "r2star": Renamed("r2star", "r2star", "1/ms"),
}
"""Name in the tree to what is delivered."""
PER_ECHO: dict[str, str] = {"unwrapped_phase": "phase_unwrapped"}
FROM_COILS: dict[str, str] = {"combined_phase": "phase", "combined_magnitude": "magnitude"}
"""Written only where we combined the coils."""


def targets(visit: Visit) -> list[Path]:
    """Return every image that may be written."""
    per_echo = [visit.path(n, echo=e) for n in (*PER_ECHO, *FROM_COILS) for e in range(1, N_ECHOES + 1)]
    return [*(visit.path(name) for name in MAPS), *per_echo]


def require_free(visit: Visit) -> None:
    """Refuse a folder that holds another maker's maps under the names that will be written.

    Parameters
    ----------
    visit : Visit
        Where the results go.
    """
    foreign = [path for path in targets(visit) if path.is_file() and not is_ours(path)]
    if foreign:
        raise ImageError(
            f"{foreign[0]} is there already, and not made by nipype_qsm ({len(foreign)} such file(s)).",
            remedy="Choose another folder for the results (--out): what UK Biobank made is not overwritten.",
        )


def write_results(results: Path, visit: Visit, facts: Mapping[str, Any], *, coils: bool) -> list[Path]:
    """Write delivered maps and tables under the tree's names and units.

    Parameters
    ----------
    results : Path
        Where the pipeline delivered.
    visit : Visit
        Where they go.
    facts : mapping
        Added to each side-car.
    coils : bool
        Whether the coils were combined here.
    """
    require_free(visit)
    for old in targets(visit):
        old.unlink(missing_ok=True)
        sidecar_path(old).unlink(missing_ok=True)
    wanted = [(visit.path(name), what) for name, what in MAPS.items()]
    for name, stem in {**PER_ECHO, **(FROM_COILS if coils else {})}.items():
        for echo in range(1, N_ECHOES + 1):
            wanted.append((visit.path(name, echo=echo), Renamed(stem, f"{stem}_echo-{echo}", "")))
    written = [path for target, what in wanted if (path := renamed(results, what, target, facts))]
    value = read_sidecar(results / "chi_referenced.nii.gz").get("ReferenceValue")
    if isinstance(value, (int, float)):
        written.append(write_text(f"{ppm_to_ppb(float(value)):.6f}\n", visit.path("qsm_csf")))
    for line in sorted((results / "IDP_files").glob("*.txt")):
        written.append(copied(line, visit.path("idp_line", file=line.stem)))
    for name in TABLES:
        if (results / f"{name}.tsv").is_file():
            written.append(copied(results / f"{name}.tsv", visit.path("idp_table", file=name)))
    for name, source in (("report", "report.html"), ("summary", "summary.json")):
        if (results / source).is_file():
            written.append(copied(results / source, visit.path(name)))
    return written


def hashes(files: Iterable[str | Path], root: Path) -> dict[str, str]:
    """Return the SHA-256 of files, by their paths below a folder where they lie in it.

    Parameters
    ----------
    files : iterable of path
    root : Path
    """
    found, root = {}, root.absolute()
    for file in files:
        path = Path(file).absolute()
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        with path.open("rb") as content:
            found[name] = hashlib.file_digest(content, "sha256").hexdigest()
    return found


def gather(tables: Mapping[str, Path], target: Path, keys: Callable[[str], dict[str, str]]) -> Path:
    """Put the phenotypes of many subjects into one table: a subject a row, a phenotype a column; units beside it.

    Parameters
    ----------
    tables : mapping
        Subject to its table of phenotypes (`idps`).
    target : Path
    keys : function
        From the subject to the first columns, such as `{"participant_id": "sub-01"}`.
    """
    names: dict[str, str] = {}
    first: dict[str, str] = {}
    rows = []
    for subject, path in sorted(tables.items()):
        found = read_rows(path, ["name", "value", "unit"])
        names |= {str(row["name"]): str(row["unit"]) for row in found}
        first |= dict.fromkeys(keys(subject), "n/a")
        rows.append({**keys(subject), **{str(row["name"]): _number(row["value"]) for row in found}})
    write_json({name: {"Units": unit} for name, unit in names.items()}, target.with_suffix(".json"))
    return write_rows([{**first, **dict.fromkeys(names, math.nan), **row} for row in rows], target, [*first, *names])


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def flagged(quality: Path) -> Sequence[str]:
    """Return one sentence for each number of quality outside its usual range."""
    if not quality.is_file():
        return []
    rows = [row for row in read_rows(quality, ["name", "value", "flag"]) if row["flag"] == 1]
    return [_sentence(row) for row in rows]


def _sentence(row: dict) -> str:
    if math.isnan(row["value"]):
        return f"{row['name']} could not be measured: {row['meaning']}"
    unit = f" {row['unit']}" if row["unit"] else ""
    usual = " to ".join(dict.fromkeys(f"{row[end]:g}" for end in ("low", "high")))
    return f"{row['name']} is {row['value']:.4g}{unit} (usual: {usual}): {row['meaning']}"
