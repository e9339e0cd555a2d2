"""DICOM folders: converted by dcm2niix, and sorted into phase and magnitude of every echo and coil.

What an image is, is read from the side-cars that dcm2niix writes (ImageType, EchoTime, CoilString), not from its name.
Of several reconstructions of one acquisition, uncombined coils are taken first, and magnitudes without prescan
normalisation, which is the same for both echoes and only costs dynamic range.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from nipype_qsm.errors import ImageError, MetadataError, ToolMissing
from nipype_qsm.io import read_frame, read_sidecar

ONE_COIL = re.compile(r"[A-Za-z]{0,4}0*(\d+)")
"""CoilString of an uncombined image, such as H12; combined ones list elements, such as HEA;HEP or HC1-7."""
COIL_IN_NAME = re.compile(r"_c[A-Za-z]*(\d+)(?=[_.])")


class GradientEcho(NamedTuple):
    """Phase and magnitude, every coil of the first echo, then of the second, ...; and what was found."""

    phase: list[Path]
    magnitude: list[Path]
    n_coils: int
    notes: list[str]


class Converted(NamedTuple):
    """One image that dcm2niix made."""

    path: Path
    echo_time: float
    coil: int
    is_phase: bool
    series: int
    normalised: bool
    description: str


def program() -> str:
    """Return dcm2niix: that of the wheel, else the one on the path."""
    try:
        import dcm2niix
    except ImportError:
        found = shutil.which("dcm2niix")
    else:
        found = str(dcm2niix.bin)
    if found is None:
        raise ToolMissing(
            "DICOM images are converted by dcm2niix, which is not installed.",
            remedy='Install it: pip install "nipype_qsm[dicom]". Or convert the images by other means first.',
        )
    return found


def convert(folder: str | Path, out: str | Path) -> list[Path]:
    """Convert a folder of DICOM images, sub-folders included, into NIfTI with side-cars.

    Parameters
    ----------
    folder, out : path
    """
    folder, out = Path(folder), Path(out)
    if not folder.is_dir():
        raise ImageError(f"{folder} is not a folder.", remedy="Give the folder that holds the DICOM images.")
    images, said = _converted_into(folder, out)
    if any(_merged_coils(path) for path in images):
        images, said = _coil_by_coil(folder, out), ""
    if not images:
        raise ImageError(
            f"dcm2niix made no image of {folder} ({said or 'it said nothing'}).",
            remedy="Check that the folder holds DICOM images (not links, not an archive).",
        )
    return images


def _converted_into(folder: Path, out: Path, *, name: str = "%s_%d", keep: bool = False) -> tuple[list[Path], str]:
    """Convert all images below a folder; return them, and the program's last words."""
    out.mkdir(parents=True, exist_ok=True)
    for old in () if keep else (*out.glob("*.nii"), *out.glob("*.json")):
        old.unlink()
    # -d 9: search deep; -w 1: overwrite; the series' number first in the name.
    done = _run("-b", "y", "-z", "n", "-d", "9", "-w", "1", "-f", name, "-o", str(out), str(folder))
    return sorted(out.glob("*.nii")), done


def _coil_by_coil(folder: Path, out: Path) -> list[Path]:
    """Sort the images into a folder for each series, coil and echo, and convert one after the other.

    Together, newer versions of the program lay coils along a fourth axis, under the name of the first.
    """
    with tempfile.TemporaryDirectory(dir=out, prefix="sorted-") as scratch:
        _run("-r", "y", "-d", "9", "-f", "%s_c%a_e%e/%r", "-o", scratch, str(folder))
        for number, each in enumerate(sorted(path for path in Path(scratch).iterdir() if path.is_dir())):
            _converted_into(each, out, name=each.name, keep=number > 0)
    return sorted(out.glob("*.nii"))


def _run(*arguments: str) -> str:
    done = subprocess.run([program(), *arguments], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return said[-1] if said else ""


def _merged_coils(path: Path) -> bool:
    return (
        len(read_frame(path).shape) > 3
        and ONE_COIL.fullmatch(str(read_sidecar(path).get("CoilString", ""))) is not None
    )


def gradient_echo(images: list[Path]) -> GradientEcho:
    """Choose phase and magnitude of one multi-echo gradient echo among converted images.

    Parameters
    ----------
    images : list of Path
        With side-cars.
    """
    known = [image for path in images if (image := _converted(path)) is not None]
    phases = [image for image in known if image.is_phase]
    if not phases:
        raise MetadataError(
            f"None of the {len(images)} converted images is a phase image.",
            remedy="Export the phase series as well: QSM needs phase and magnitude of every echo.",
        )
    uncombined = any(image.coil for image in phases)
    phases = [image for image in phases if bool(image.coil) == uncombined]
    phase = _one_acquisition(phases)
    keys = sorted((image.echo_time, image.coil) for image in phase)
    magnitude = _partner(keys, [image for image in known if not image.is_phase])
    notes = [
        f"DICOM: {'uncombined coils' if uncombined else 'combined coils'} of {phase[0].description}, "
        f"phase from series {', '.join(map(str, sorted({i.series for i in phase})))}, "
        f"magnitude from series {', '.join(map(str, sorted({i.series for i in magnitude})))}"
    ]
    return GradientEcho(
        [image.path for image in _ordered(phase)],
        [image.path for image in _ordered(magnitude)],
        len({coil for _, coil in keys}),
        notes,
    )


def _converted(path: Path) -> Converted | None:
    sidecar = read_sidecar(path)
    kinds = [str(kind).upper() for kind in _listed(sidecar.get("ImageType"))]
    time = sidecar.get("EchoTime")
    if not isinstance(time, (int, float)) or {"DERIVED", "MIP", "MNIP", "SWI"} & set(kinds):
        return None
    is_phase = bool({"P", "PHASE", "PHASE MAP"} & set(kinds))
    if not is_phase and not {"M", "MAGNITUDE", "FFE"} & set(kinds):
        return None
    return Converted(
        path,
        float(time),
        _coil(path, sidecar),
        is_phase,
        int(str(sidecar.get("SeriesNumber", 0))),
        "NORM" in kinds,
        str(sidecar.get("SeriesDescription", sidecar.get("ProtocolName", "gradient echo"))),
    )


def _coil(path: Path, sidecar: dict[str, Any]) -> int:
    told = ONE_COIL.fullmatch(str(sidecar.get("CoilString", "")))
    named = COIL_IN_NAME.search(path.name)
    if named:
        return int(named[1])
    return int(told[1]) if told else 0


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ordered(images: list[Converted]) -> list[Converted]:
    return sorted(images, key=lambda image: (image.echo_time, image.coil))


def _one_acquisition(phases: list[Converted]) -> list[Converted]:
    """Return the phases if each echo and coil is there once; several acquisitions are not guessed among."""
    keys = [(image.echo_time, image.coil) for image in phases]
    if len(set(keys)) < len(keys):
        names = sorted({f"{image.series} ({image.description})" for image in phases})
        raise MetadataError(
            f"The folder holds several phase acquisitions: series {', '.join(names)}.",
            remedy="Put the series of one acquisition into a folder of its own.",
        )
    return phases


def _partner(keys: list[tuple[float, int]], magnitudes: list[Converted]) -> list[Converted]:
    by_look: dict[tuple[int, bool], list[Converted]] = {}
    for image in magnitudes:
        by_look.setdefault((image.series, image.normalised), []).append(image)
    # Echoes may be one series each, so all of one look count together, too.
    looks = [
        *by_look.values(),
        *([i for i in magnitudes if i.normalised == norm] for norm in (False, True)),
        magnitudes,
    ]
    fits = [look for look in looks if sorted((i.echo_time, i.coil) for i in look) == keys]
    if not fits:
        raise MetadataError(
            f"No magnitude series has the {len(keys)} images (echoes and coils) that the phase has.",
            remedy="Export the magnitude series that was reconstructed with the phase, all echoes and coils.",
        )
    return min(fits, key=lambda look: (look[0].normalised, look[0].series))
