"""What the doors refuse before anything is computed: missing, damaged and foreign files, other grids, empty masks."""

from __future__ import annotations

import argparse
import tempfile
from glob import glob
from pathlib import Path
from typing import Any

from nipype_qsm.errors import ImageError, MetadataError


def require_data(options: argparse.Namespace) -> None:
    """Refuse neither or both of files and DICOM images."""
    given = bool(options.phase), bool(options.magnitude), options.dicom is not None
    if given not in ((True, True, False), (False, False, True)):
        raise MetadataError(
            "Give the phase and the magnitude of every echo, or a folder of DICOM images.",
            remedy="--phase FILE ... --magnitude FILE ..., or --dicom DIR alone.",
        )


def refuse_foreign(out: Path) -> None:
    """Refuse a folder that holds images of ours by name alone: they would be overwritten, or taken for ours."""
    from nipype_qsm.interfaces.delivery import own_files
    from nipype_qsm.provenance import is_ours

    foreign = [path for path in own_files(out) if not is_ours(path)]
    if foreign:
        raise ImageError(
            f"{foreign[0]} is there already, and its side-car does not say that nipype_qsm made it.",
            remedy="Choose another output folder, or move that file away.",
        )


def checked_inputs(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    """Read headers and masks, and refuse what cannot work before anything is written."""
    files = {
        port: [_existing(path, port) for given in getattr(options, port) for path in _expanded(given)]
        for port in ("phase", "magnitude")
    }
    given = {
        name: value
        for name, value in {
            **files,
            "echo_times": options.echo_times,
            "field_strength": options.field_strength,
            "b0_direction": options.b0_direction,
        }.items()
        if value is not None
    }
    series = checked_series(given, options.phase_range)
    return {**given, **_checked_masks(options, series), **_checked_decay(options, series)}, series.n_echoes == 1


def checked_series(given: dict[str, Any], phase_range: Any = None) -> Any:
    """Return the table of echoes and coils, refusing what cannot work; damaged images are found now, not later."""
    from nipype_qsm.interfaces.reading import ReadSeries

    series = ReadSeries(**given, **({"phase_range": list(phase_range)} if phase_range else {})).table()
    if series.n_echoes == 1 and series.n_coils > 1:
        raise MetadataError(
            f"One echo of {series.n_coils} coils cannot be combined: MCPC-3D-S needs two echoes.",
            remedy="Give a second echo, or a phase image that the scanner combined.",
        )
    _read_suspects(series)
    return series


def _checked_masks(options: argparse.Namespace, series: Any) -> dict[str, str]:
    """Read the masks, and the images that may be unusable, before anything is written."""
    from nipype_qsm.io import load_volume

    masks, given = {}, {}
    for option, port, quantity in (
        ("mask", "mask_fraction", "mask_brain"),
        ("reference_mask", "mask_reference", "mask_reference"),
    ):
        path = getattr(options, option)
        if path is not None:
            masks[option], frame = load_volume(_existing(path, option), quantity, f"--{option.replace('_', '-')}")
            series.frame.require_same(frame, f"--{option.replace('_', '-')}")
            given[port] = str(path.absolute())
    if len(masks) == 2 and not (masks["mask"] & masks["reference_mask"]).any():
        raise ImageError(
            f"No voxel of --reference-mask ({options.reference_mask}) lies in --mask ({options.mask}).",
            remedy="Check that both belong to this subject and lie on the grid of the phase images.",
        )
    return given


def _checked_decay(options: argparse.Namespace, series: Any) -> dict[str, str]:
    """Read R2', and refuse a separation that needs it and does not get it."""
    from nipype_qsm.io import load_volume

    if options.r2prime is None:
        if options.separation == "chi_separation":
            raise MetadataError(
                "chi_separation needs R2', which these images do not hold.",
                remedy="Give it (--r2prime FILE; R2* - R2, from a spin-echo scan), or choose --separation r2star_qsm.",
            )
        return {}
    _, frame = load_volume(_existing(options.r2prime, "r2prime"), "r2prime", "--r2prime")
    series.frame.require_same(frame, "--r2prime")
    return {"r2prime": str(options.r2prime.absolute())}


def _read_suspects(series: Any) -> None:
    """Read images that may hold values that are not finite (integers cannot), or that may be cut off."""
    from nipype_qsm.io import looks_whole, open_image

    def suspect(source: Any) -> bool:
        return open_image(source.path).get_data_dtype().kind == "f" or not looks_whole(source.path)

    cells = [(echo, coil) for echo in range(series.n_echoes) for coil in range(series.n_coils)]
    phases = [cell for cell in cells if suspect(series.phase[cell[0]][cell[1]])]
    magnitudes = [cell for cell in cells if suspect(series.magnitude[cell[0]][cell[1]])]
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
        whole = series.unpacked(scratch) if phases or magnitudes else series
        for cell in phases:
            whole.read_phase(*cell)
        for cell in magnitudes:
            whole.read_magnitude(*cell)


def _expanded(pattern: str) -> list[str]:
    """Return the files that a quoted pattern finds, sorted; a name that is there, or finds nothing, as it is."""
    # Path.glob refuses absolute patterns.
    return [pattern] if Path(pattern).is_file() else sorted(glob(pattern)) or [pattern]  # noqa: PTH207


def _existing(path: str | Path, port: str) -> str:
    if not Path(path).is_file():
        raise ImageError(f"--{port.replace('_', '-')}: {path} does not exist.", remedy="Check the path or the pattern.")
    return str(Path(path).absolute())  # a link keeps its name and its side-car
