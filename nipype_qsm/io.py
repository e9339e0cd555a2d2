"""The only module that opens an image or writes one.

Reading checks once, at the border: the file can be read to its end, has three axes, holds finite and plausible
values, and lies on the grid of its companions. Writing is atomic (a temporary name, then a rename), so that a killed
run never leaves a file that looks whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np
from isal import igzip, isal_zlib

from nipype_qsm.errors import GeometryError, ImageError
from nipype_qsm.geometry import Frame
from nipype_qsm.quantities import VOCABULARY, Quantity


def open_image(path: str | os.PathLike) -> nib.Nifti1Image:
    """Open an image; its data are not read yet."""
    if not Path(path).is_file():
        raise ImageError(f"{path} does not exist.", remedy="Check the path.")
    try:
        return nib.load(path)
    except Exception as error:
        raise ImageError(
            f"{path} cannot be opened as an image ({error}).", remedy="Copy or convert it again."
        ) from None


def read_frame(path: str | os.PathLike) -> Frame:
    """Read shape and affine from the header alone."""
    image = open_image(path)
    return Frame(tuple(int(n) for n in image.shape), image.affine, str(path))


def read_array(
    path: str | os.PathLike,
    dtype: np.dtype | type = np.float32,
    *,
    index: tuple[int, ...] = (),
    order: Literal["C", "F"] = "F",
) -> np.ndarray:
    """Read the values of an image, scaled by its header, without a float64 copy on the way.

    Parameters
    ----------
    path : path
    dtype : numpy type
    index : tuple of int
        Into the axes after the third; all of them when empty.
    order : {"F", "C"}
        Memory order of the result. "F", as files have it, is read fastest; mixing the two orders in one expression is
        about ten times slower than either.
    """
    stored = _open_numbers(path)
    try:
        values = _unscaled(stored)
        scaled = np.array(values[(Ellipsis, *index)], dtype, order=order)
    except (EOFError, OSError, zlib.error, isal_zlib.error, ValueError) as error:
        raise _damaged(path, error) from None
    # In place: nibabel would scale integers in float64.
    if stored.slope != 1:
        scaled *= scaled.dtype.type(stored.slope)
    if stored.inter != 0:
        scaled += scaled.dtype.type(stored.inter)
    return scaled


def read_stored(path: str | os.PathLike) -> tuple[np.ndarray, float, float]:
    """Return the numbers of an image as they are stored, in the file's order, and the header's slope and intercept."""
    stored = _open_numbers(path)
    try:
        values = np.asarray(_unscaled(stored)).reshape(-1, order="F")
    except (EOFError, OSError, zlib.error, isal_zlib.error, ValueError) as error:
        raise _damaged(path, error) from None
    return values, float(stored.slope), float(stored.inter)


def _open_numbers(path: str | os.PathLike) -> nib.arrayproxy.ArrayProxy:
    """Open an image, and refuse one that does not hold one real number a voxel: NumPy would drop an imaginary part."""
    stored = open_image(path).dataobj
    if stored.dtype.kind not in "iuf":
        raise ImageError(
            f"{path} holds {'complex numbers' if stored.dtype.kind == 'c' else 'colours'}.",
            remedy="Write magnitude and phase, or each channel, into a file of its own.",
        )
    return stored


def _damaged(path: str | os.PathLike, error: Exception) -> ImageError:
    return ImageError(f"{path} is truncated or damaged ({error}).", remedy="Copy or download the file again.")


def _unscaled(stored: nib.arrayproxy.ArrayProxy) -> Any:
    name = stored.file_like
    if not str(name).endswith(".gz"):
        return stored.get_unscaled()
    # In one gulp: the fastest way through gzip, and it checks the checksum.
    content = igzip.decompress(Path(name).read_bytes())
    count = int(np.prod(stored.shape))
    return np.frombuffer(content, stored.dtype, count, stored.offset).reshape(stored.shape, order="F")


def looks_whole(path: str | os.PathLike) -> bool:
    """Tell from its length whether an image file holds all its voxels, without reading them.

    A cut-off `.gz` file ends in something else than the length of its content (gzip's last four bytes); so does a whole
    one of several parts, so that only reading settles a no.
    """
    stored = open_image(path).dataobj
    name = Path(str(stored.file_like))
    length = stored.offset + stored.dtype.itemsize * int(np.prod(stored.shape, dtype=np.int64))
    if name.suffix != ".gz":
        return name.stat().st_size >= length
    with name.open("rb") as packed:
        packed.seek(-4, os.SEEK_END)
        return int.from_bytes(packed.read(4), "little") == length % 2**32


def header_scale(path: str | os.PathLike) -> tuple[float, float]:
    """Return the slope and intercept that the header applies to stored values; (1, 0) when it applies none."""
    stored = open_image(path).dataobj
    return float(stored.slope), float(stored.inter)


def has_scanner_affine(path: str | os.PathLike) -> bool:
    """Return whether the header says where the volume lies in the scanner (NIfTI's sform or qform code is set)."""
    header = open_image(path).header
    codes = [int(header[code]) for code in ("sform_code", "qform_code") if code in header]
    return not codes or any(codes)


def unpack(path: str | os.PathLike, folder: str | os.PathLike) -> Path:
    """Decompress a `.gz` file into a folder, a little at a time, so that single volumes of it can be read quickly."""
    with atomically(Path(folder) / Path(path).name.removesuffix(".gz")) as temporary:
        try:
            with igzip.open(path) as packed, temporary.open("wb") as whole:
                shutil.copyfileobj(packed, whole, 1 << 22)
        except (EOFError, isal_zlib.error, igzip.BadGzipFile) as error:
            raise _damaged(path, error) from None
    return Path(folder) / Path(path).name.removesuffix(".gz")


def load_volume(path: str | os.PathLike, quantity: Quantity | str, port: str = "") -> tuple[np.ndarray, Frame]:
    """Load one volume and check it as the quantity it stands for.

    Parameters
    ----------
    path : path
    quantity : Quantity or its name
    port : str
        Named in errors; the quantity's name by default.

    Returns
    -------
    volume : (x, y, z) float32 array, or bool for a mask
    frame : Frame
    """
    what = VOCABULARY[quantity] if isinstance(quantity, str) else quantity
    port = port or what.name
    frame = read_frame(path)
    if any(n != 1 for n in frame.shape[3:]):
        raise GeometryError(
            f"{port} ({path}) has shape {frame.shape}; one 3-D volume is expected.",
            remedy="Split it into 3-D files (fslsplit, or nibabel's four_to_three), one an echo or a region.",
        )
    # Kernels make their own arrays in C order.
    volume = read_array(path, order="C").reshape(frame.shape[:3])
    frame = Frame(frame.shape[:3], frame.affine, frame.source)
    checked_values(volume, what, f"{port} ({path})")
    return (volume > 0.5 if what.mask else volume), frame


def checked_values(volume: np.ndarray, quantity: Quantity, where: str) -> None:
    """Refuse values that are not finite, not plausible, or an empty mask."""
    low, high = float(volume.min(initial=np.inf)), float(volume.max(initial=-np.inf))
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = volume.size - int(np.isfinite(volume).sum())
        raise ImageError(
            f"{where} holds {bad} values that are not finite.",
            remedy="Find the step that made them; if they lie outside the head, set them to zero.",
        )
    if quantity.mask and high <= 0.5:
        raise ImageError(f"{where} is empty.", remedy="Give a mask with at least one voxel above 0.5.")
    if quantity.plausible and (low < quantity.plausible[0] or high > quantity.plausible[1]):
        raise ImageError(
            f"{where} runs from {low:g} to {high:g} {quantity.unit}; {quantity.name} lies within {quantity.plausible}.",
            remedy=f"Check that it is {quantity.meaning} in {quantity.unit or 'the unit expected'}.",
        )


@contextlib.contextmanager
def atomically(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary name beside `path`; rename it to `path` when the block ends without an error."""
    target = Path(path)
    suffix = "".join(target.suffixes[-2:]) if target.name.endswith(".gz") else target.suffix
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}-", suffix=suffix)
    except OSError as error:
        raise ImageError(
            f"{target.parent} cannot be written ({error.strerror}).", remedy="Choose a folder you may write to."
        ) from None
    os.close(handle)
    try:
        yield Path(name)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except OSError as error:
        raise ImageError(f"{target} could not be written ({error}).", remedy="Free some space and run again.") from None
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def save_volume(volume: np.ndarray, frame: Frame, path: str | os.PathLike, quantity: Quantity | str) -> Path:
    """Write a volume atomically: float32, or uint8 for a mask; the header names the quantity and its unit.

    Parameters
    ----------
    volume : (x, y, z) array
    frame : Frame
    path : path
        `.nii`, or `.nii.gz` to compress.
    quantity : Quantity or its name
    """
    what = VOCABULARY[quantity] if isinstance(quantity, str) else quantity
    image = nib.Nifti1Image(np.asarray(volume, np.uint8 if what.mask else np.float32), frame.affine)
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = f"{what.name} [{what.unit}]" if what.unit else what.name
    image.set_qform(frame.affine, 1)
    image.set_sform(frame.affine, 1)
    return save_image(image, path)


def save_image(image: nib.Nifti1Image, path: str | os.PathLike) -> Path:
    """Write an image atomically; `.nii.gz` is compressed without a time stamp."""
    with atomically(path) as temporary:
        content = image.to_bytes()
        if str(path).endswith(".gz"):
            content = igzip.compress(content, 1, mtime=0)
        temporary.write_bytes(content)
    return Path(path)


def sidecar_path(path: str | os.PathLike) -> Path:
    """Return the JSON side-car's name of an image."""
    return Path(str(path).removesuffix(".gz")).with_suffix(".json")


def read_sidecar(path: str | os.PathLike) -> dict[str, object]:
    """Read an image's JSON side-car; empty when there is none."""
    return read_json(sidecar_path(path)) if sidecar_path(path).is_file() else {}


def read_json(path: str | os.PathLike) -> dict[str, object]:
    """Read a JSON object."""
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ImageError(f"{path} is not readable JSON ({error}).", remedy="Repair or remove it.") from None
    if not isinstance(content, dict):
        raise ImageError(f"{path} does not hold a JSON object.", remedy="Repair or remove it.")
    return content


def write_json(content: Mapping[str, object], path: str | os.PathLike) -> Path:
    """Write a JSON object atomically; NumPy's numbers as numbers, other objects (paths) as text."""
    text = json.dumps(content, indent=2, default=lambda one: one.item() if isinstance(one, np.generic) else str(one))
    return write_text(f"{text}\n", path)


def write_text(content: str, path: str | os.PathLike) -> Path:
    """Write text atomically."""
    with atomically(path) as temporary:
        temporary.write_text(content, encoding="utf-8")
    return Path(path)


def copied(source: str | os.PathLike, target: str | os.PathLike) -> Path:
    """Copy a file atomically, and return the copy."""
    with atomically(target) as temporary:
        shutil.copyfile(source, temporary)
    return Path(target)
