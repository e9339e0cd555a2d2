"""What leaves the pipeline as BIDS derivatives: chi in ppm, T2* in s, R2* in 1/s, fields in Hz, masks, tables.

Each side-car says the unit, the methods and their options, the software's version, and the inputs with their SHA-256.
Tables and the report, for which BIDS has no place, stand beside the images and are named in `.bidsignore`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nipype_qsm.bids import Recording
from nipype_qsm.errors import ImageError
from nipype_qsm.io import copied, read_json, sidecar_path, write_json, write_text
from nipype_qsm.provenance import GENERATED_BY, made_here
from nipype_qsm.renaming import TABLES, Renamed, renamed

BIDS_VERSION = "1.10.0"
IGNORED = ("*.html", "logs/", "work/", *(f"*_{name}.*" for name in TABLES), "*_summary.json", "*_IDP*.txt")
README = """\
Susceptibility (chi) and T2* of gradient echoes, made by nipype_qsm.

`*_Chimap` is in ppm relative to the region that its side-car names, `*_T2starmap` in s, `*_R2starmap` in 1/s, field
maps in Hz. `sub-*/*_idps.tsv` holds the phenotypes of a recording, `group_idps.tsv` those of all; both in ppb, ms and
mm3. Voxels outside the mask are zero.
"""

MAPS: dict[str, Renamed] = {
    "anat/{stem}_Chimap": Renamed("chi_referenced", "chi_referenced", "ppm"),
    "anat/{stem}_T2starmap": Renamed("t2star", "t2star", "s"),
    "anat/{stem}_R2starmap": Renamed("r2star", "r2star", "1/s"),
    "anat/{stem}_S0map": Renamed("s0", "s0", ""),
    "anat/{stem}_desc-brain_mask": Renamed("mask_brain", "mask_brain", ""),
    "anat/{stem}_desc-tissue_mask": Renamed("mask_tissue", "mask_tissue", ""),
    "anat/{stem}_desc-reference_mask": Renamed("mask_reference", "mask_reference", ""),
    "anat/{stem}_space-T1w_Chimap": Renamed("chi_referenced", "chi_referenced_space-T1w", "ppm"),
    "anat/{stem}_space-T1w_T2starmap": Renamed("t2star", "t2star_space-T1w", "s"),
    "anat/{stem}_space-{space}_Chimap": Renamed("chi_referenced", "chi_referenced_space-template", "ppm"),
    "anat/{stem}_space-{space}_T2starmap": Renamed("t2star", "t2star_space-template", "s"),
    "anat/{stem}_space-T1w_label-WM_mask": Renamed("mask_white_matter", "mask_white_matter_space-T1w", ""),
    "anat/{stem}_space-T1w_label-WMH_mask": Renamed("mask_lesions", "mask_lesions_space-T1w", ""),
    "fmap/{stem}_desc-total_fieldmap": Renamed("field_total", "field_total", "Hz"),
    "fmap/{stem}_desc-local_fieldmap": Renamed("field_local", "field_local", "Hz"),
    "fmap/{stem}_magnitude": Renamed("magnitude_combined", "magnitude_combined", ""),
}
"""Name below the subject's folder to what is delivered."""


def require_own(out: Path) -> None:
    """Refuse a data set that somebody else made.

    Parameters
    ----------
    out : Path
    """
    description = out / "dataset_description.json"
    if description.is_file() and not made_here(read_json(description)):
        raise ImageError(
            f"{out} is a data set that nipype_qsm did not make.",
            remedy="Choose an empty folder, such as derivatives/nipype_qsm.",
        )


def describe_dataset(out: Path, source: Path) -> Path:
    """Write what a derivative data set must say about itself; an existing one of another maker is refused.

    Parameters
    ----------
    out : Path
    source : Path
        The raw data set.
    """
    require_own(out)
    raw = read_json(source / "dataset_description.json") if (source / "dataset_description.json").is_file() else {}
    about: dict[str, Any] = {
        "Name": f"nipype_qsm: susceptibility and T2* of {raw.get('Name', source.resolve().name)}",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": GENERATED_BY,
        "SourceDatasets": [{"URL": source.resolve().as_uri()}],
        "DatasetLinks": {"raw": source.resolve().as_uri()},
    }
    if "DatasetDOI" in raw:
        about["SourceDatasets"] = [{"DOI": raw["DatasetDOI"]}]
    if "License" in raw:
        about["License"] = raw["License"]
    write_text("\n".join(IGNORED) + "\n", out / ".bidsignore")
    write_text(README, out / "README.md")
    return write_json(about, out / "dataset_description.json")


def images(out: Path, recording: Recording) -> list[Path]:
    """Return every image of a recording that is there."""
    names = {Path(name.format(stem=recording.stem, space="*")) for name in MAPS}
    folder = out / recording.folder
    return sorted({path for name in names for path in (folder / name.parent).glob(f"{name.name}.nii.gz")})


def write_results(
    results: Path, out: Path, recording: Recording, *, space: str, source: Path, inputs: Mapping[str, str]
) -> list[Path]:
    """Write delivered maps and tables of one recording; those of an earlier run are removed.

    Parameters
    ----------
    results : Path
        Where the pipeline delivered.
    out : Path
        The derivative data set.
    recording : Recording
    space : str
        Of the template.
    source : Path
        The raw data set.
    inputs : mapping
        Input to its SHA-256.
    """
    for old in images(out, recording):
        old.unlink()
        sidecar_path(old).unlink(missing_ok=True)
    folder, stem = out / recording.folder, recording.stem
    # Those of the raw data set; a file from elsewhere is named by its bare name.
    uris = [f"bids:raw:{name}" if name.startswith("sub-") and "/" in name else name for name in inputs]
    written = []
    for name, what in MAPS.items():
        facts: dict[str, Any] = {"SkullStripped": what.quantity != "magnitude_combined"}
        facts |= {"Sources": uris, "InputHashesSHA256": dict(inputs)}
        if what.quantity.startswith("mask"):
            facts["Type"] = "Brain" if what.quantity == "mask_brain" else "ROI"
        if "space-T1w" in name and recording.t1w is not None:
            facts["SpatialReference"] = f"bids:raw:{recording.t1w.relative_to(source).as_posix()}"
        if what.stem.endswith("template"):
            facts["SpatialReference"] = space
        target = folder / f"{name.format(stem=stem, space=space)}.nii.gz"
        path = renamed(results, what, target, facts, field_strength=recording.field_strength)
        written += [path] if path else []
    copies = {f"{stem}_{name}.tsv": results / f"{name}.tsv" for name in TABLES}
    copies |= {f"{stem}_summary.json": results / "summary.json"}
    written += [copied(found, folder / name) for name, found in copies.items() if found.is_file()]
    if (results / "report.html").is_file():
        written.append(copied(results / "report.html", out / f"{stem}.html"))
    return written


def tables(out: Path) -> dict[str, Path]:
    """Return the table of phenotypes of every recording, by what its name begins with."""
    found = [*out.glob("sub-*/*_idps.tsv"), *out.glob("sub-*/ses-*/*_idps.tsv")]
    return {path.name.removesuffix("_idps.tsv"): path for path in sorted(found)}
