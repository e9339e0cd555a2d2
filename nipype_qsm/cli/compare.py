"""`nipype-qsm compare`: our maps or phenotypes against somebody else's."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nipype_qsm.cli import files
from nipype_qsm.errors import ImageError, MetadataError, UnitsError

DESCRIPTION = """\
Set our susceptibility against theirs: Bland and Altman's bias and limits, slope and correlation, for all voxels and for
each region, as a table and a picture.

OURS and THEIRS are result folders (of this program, a UK Biobank visit, or field 26301 unpacked), image files on one
grid, or two tables with one row a subject (idps.tsv), which are compared phenotype by phenotype. Units are those that
side-cars or UK Biobank's names declare; results are in ppb."""

COLUMNS = ("region", "n_voxels", "ours", "theirs", "bias", "sd", "low", "high", "slope", "intercept", "r")
DIGITS = {"ours": 2, "theirs": 2, "bias": 2, "low": 2, "high": 2, "slope": 3, "r": 3}
"""Decimals that are printed."""
MAPS = (
    "SWI/QSM/QSM_CSFref",
    "QSM/QSM_CSFref",
    "QSM_CSFref",
    "chi_referenced",
    "anat/*_Chimap",
    "sub-*/anat/*_Chimap",
    "SWI/QSM/QSM",
    "QSM/QSM",
    "QSM",
    "chi",
)
"""Where a map may be in a folder, referenced ones first."""
BY_NAME = {"QSM": "ppb", "QSM_CSFref": "ppb", "QSM_to_T1": "ppb", "QSM_to_MNI": "ppb"}
"""Units of UK Biobank's files, which have no side-cars."""


class Map(NamedTuple):
    """A map, the file it was read from, and whether its zero was chosen."""

    path: Path
    values: Any
    frame: Any


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "compare",
        help="set our maps or phenotypes against somebody else's",
        description=DESCRIPTION,
    )
    verb.add_argument("ours", type=Path, metavar="OURS", help="folder, image or table")
    verb.add_argument("theirs", type=Path, metavar="THEIRS", help="folder, image or table")
    verb.add_argument(
        "--out", type=Path, default=Path("comparison"), metavar="DIR", help="folder (default: %(default)s)"
    )
    verb.add_argument(
        "--labels", type=Path, metavar="FILE", help="regions on the maps' grid (default: FIRST's, if there)"
    )
    verb.add_argument("--mask", type=Path, metavar="FILE", help="where to compare (default: where both have a value)")
    for side in ("ours", "theirs"):
        verb.add_argument(f"--unit-{side}", choices=("ppb", "ppm"), help=f"unit of {side.upper()}, where nothing tells")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare maps, or tables."""
    if _is_table(options.ours) and _is_table(options.theirs):
        return _tables(options)
    ours, theirs = (_map(getattr(options, side), getattr(options, f"unit_{side}")) for side in ("ours", "theirs"))
    ours.frame.require_same(theirs.frame, "THEIRS")
    return _maps(options, ours, theirs)


def _maps(options: argparse.Namespace, ours: Map, theirs: Map) -> int:
    import numpy as np

    from nipype_qsm.io import load_volume
    from nipype_qsm.kernels.quality.comparison import comparison
    from nipype_qsm.reports.comparison import draw_comparison
    from nipype_qsm.tables import write_rows

    mask = (ours.values != 0) & (theirs.values != 0)
    if options.mask is not None:
        given, frame = load_volume(options.mask, "mask", "--mask")
        ours.frame.require_same(frame, "--mask")
        mask &= given
    if not np.any(mask):
        raise ImageError(
            f"{ours.path} and {theirs.path} have no voxel in common.", remedy="Give maps of one subject and grid."
        )
    labels, names = _labels(options, ours.frame)
    found = comparison(ours.values, theirs.values, mask, labels=labels, names=names)
    files.require_writable(options.out)
    table = write_rows(found.regions, options.out / "comparison.tsv", COLUMNS)
    picture = options.out / "comparison.png"
    draw_comparison(ours.values, theirs.values, mask, found, picture)
    print(f"{ours.path} against {theirs.path} [ppb]")
    _print(found.regions)
    if np.isfinite(found.medians["slope"]):
        print(f"medians of regions: slope {found.medians['slope']:.3f}, r {found.medians['r']:.3f}")
    print(f"{table}\n{picture}")
    return 0


def _print(rows: Sequence[Any]) -> None:
    width = max(len(str(row["region"])) for row in rows)
    heads = f"{'n':>8} {'ours':>9} {'theirs':>9} {'bias':>8} {'limits of agreement':>21} {'slope':>7} {'r':>7}"
    print(" " * width, heads)
    for row in rows:
        told = {key: "-" if math.isnan(row[key]) else f"{row[key]:.{digits}f}" for key, digits in DIGITS.items()}
        limits = "-" if told["low"] == "-" else f"{told['low']} to {told['high']}"
        print(
            f"{row['region']:<{width}} {row['n_voxels']:>8} {told['ours']:>9} {told['theirs']:>9} "
            f"{told['bias']:>8} {limits:>21} {told['slope']:>7} {told['r']:>7}"
        )


def _map(given: Path, unit: str | None) -> Map:
    from nipype_qsm.io import load_volume, read_sidecar
    from nipype_qsm.quantities import Quantity
    from nipype_qsm.units import ppm_to_ppb

    path = _found(given)
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name)
    told = str(read_sidecar(path).get("Units", "")) or BY_NAME.get(stem, "")
    if unit is None and told not in ("ppm", "ppb"):
        raise UnitsError(
            f"Nothing tells the unit of {path}.",
            remedy="Say it (--unit-ours, --unit-theirs), or give it a side-car with Units.",
        )
    values, frame = load_volume(path, Quantity("chi", unit or told, "susceptibility"))
    return Map(path, ppm_to_ppb(values) if (unit or told) == "ppm" else values, frame)


def _found(given: Path) -> Path:
    if given.is_file():
        return given
    if not given.is_dir():
        raise ImageError(f"{given} does not exist.", remedy="Give a folder of results, an image or a table.")
    for name in MAPS:
        found = [*given.glob(f"{name}.nii.gz"), *given.glob(f"{name}.nii")]
        found = [path for path in found if "_space-" not in path.name]
        if len(found) > 1:
            raise MetadataError(
                f"{given} holds several maps: {found[0].name}, {found[1].name}, ...", remedy="Give one of the files."
            )
        if found:
            return found[0]
    raise ImageError(
        f"{given} holds no susceptibility map (QSM_CSFref, QSM, chi_referenced, Chimap).",
        remedy="Give the file itself.",
    )


def _labels(options: argparse.Namespace, frame: Any) -> tuple[Any, dict[int, str]]:
    """Return labels on the maps' grid: as given, else FIRST's through the visit's own matrix, else none."""
    from nipype_qsm.io import load_volume, read_frame
    from nipype_qsm.kernels.regions.naming import SIDES, STRUCTURES
    from nipype_qsm.kernels.register.apply_transform import apply_transform
    from nipype_qsm.quantities import Quantity
    from nipype_qsm.transforms import load_chain
    from nipype_qsm.ukb import Visit

    numbers = Quantity("labels", "", "structure numbers")
    names = {pair[n]: f"{side}_{name}" for name, pair in STRUCTURES.items() for n, side in enumerate(SIDES)}
    if options.labels is not None:
        labels, own = load_volume(options.labels, numbers, "--labels")
        frame.require_same(own, "--labels")
        return labels.round().astype(int), names
    for folder in (options.ours, options.theirs):
        visit = Visit("", folder)
        first, matrix, warp = (visit.find(name) for name in ("first_labels", "swi_to_t1", "gradient_warp"))
        if first is None or matrix is None:
            continue
        labels, own = load_volume(first, numbers)
        transforms = [matrix] if warp is None else [matrix, warp]
        chain = load_chain(transforms, own, read_frame(_found(options.ours)), inverted=[True] * len(transforms))
        moved = apply_transform(labels, chain, shape=frame.shape, interpolation="nearest").moved
        return moved.round().astype(int), names
    return None, names


def _is_table(path: Path) -> bool:
    return path.is_file() and path.suffix in (".tsv", ".csv", ".parquet", ".txt")


def _tables(options: argparse.Namespace) -> int:
    import numpy as np

    from nipype_qsm.kernels.quality.comparison import agreement_of
    from nipype_qsm.tables import read_table, write_rows

    ours, theirs = (read_table(path, text="keep") for path in (options.ours, options.theirs))
    both = [name for name in ours.columns if name in theirs.columns and ours[name].dtype.kind in "fiu"]
    shared = ours.index.intersection(theirs.index)
    if not both or shared.empty:
        some = [", ".join(map(str, table.index[:2])) or "none" for table in (ours, theirs)]
        raise MetadataError(
            f"{options.ours} and {options.theirs} share {len(both)} columns of numbers and {len(shared)} subjects.",
            remedy="Give two tables with one row a subject, the same names of phenotypes and the same ids "
            f"(ours: {some[0]}; theirs: {some[1]}).",
        )
    rows = []
    for name in both:
        one, two = (np.asarray(table.loc[shared, name], float) for table in (ours, theirs))
        known = np.isfinite(one) & np.isfinite(two)
        medians = [float(np.median(v[known])) if known.any() else float("nan") for v in (one, two)]
        fit = agreement_of(one[known], two[known], fewest=3)
        if known.any():
            fit["bias"] = float(np.mean(one[known] - two[known]))  # of one subject, too
        rows.append({"region": name, "n_voxels": int(known.sum()), "ours": medians[0], "theirs": medians[1], **fit})
    files.require_writable(options.out)
    columns = ("phenotype", "n_subjects", *COLUMNS[2:])
    named = [{**row, "phenotype": row["region"], "n_subjects": row["n_voxels"]} for row in rows]
    table = write_rows(named, options.out / "comparison.tsv", columns)
    print(f"{options.ours} against {options.theirs}: {len(shared)} subject{'s' * (len(shared) > 1)}")
    _print(rows)
    print(table)
    return 0
