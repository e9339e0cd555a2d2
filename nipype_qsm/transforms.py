"""Transforms as files: FSL's matrices, displacement fields and spline coefficients.

One format for every registration, whoever made it. Points are FSL's millimetres: voxel indices times voxel size, with
the first axis turned round where the affine's determinant is positive. A FLIRT matrix takes points of the moving image
to the reference; a FNIRT field lies on the reference and says, at each of its points, where the value comes from. Only
the two ends need an image: what lies between carries its own geometry.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import nibabel as nib
import numpy as np

from nipype_qsm.errors import GeometryError, ImageError
from nipype_qsm.geometry import Frame, scaled_voxels
from nipype_qsm.io import atomically, open_image, read_array, save_image
from nipype_qsm.kernels.register.chain import Displacement, Matrix
from nipype_qsm.kernels.register.spline_field import spline_field

FIELD, CUBIC_SPLINES = 2006, 2007
OTHER_COEFFICIENTS = {2008: "cosine", 2009: "quadratic spline", 2016: "topup spline", 2017: "topup", 2018: "topup"}
"""NIfTI intent codes of FSL's files."""

Kind = Literal["auto", "relative", "absolute"]


def load_chain(
    paths: Sequence[str | os.PathLike],
    moving: Frame,
    reference: Frame,
    *,
    inverted: Sequence[bool] = (),
    displacements: Kind = "auto",
) -> list[Matrix | Displacement]:
    """Read transforms as a chain from the reference's voxels to the moving image's.

    Parameters
    ----------
    paths : files
        In order from the moving image to the reference; without any, both are taken to share the scanner's space.
    moving, reference : Frame
    inverted : bool, one a path
        Which transforms lead the other way.
    displacements : {"auto", "relative", "absolute"}
        What the fields hold, as FSL's `--rel` and `--abs`.
    """
    if not paths:
        return [Matrix(np.linalg.inv(moving.affine) @ reference.affine)]
    steps = load_steps(paths, inverted=inverted, displacements=displacements)
    other_way = list(inverted) or [False] * len(paths)
    if not other_way[-1]:
        _require_begins_alike(paths[-1], reference, "reference")
    if other_way[0]:
        _require_begins_alike(paths[0], moving, "moving")
    return [Matrix(fsl_mm(reference)), *steps, Matrix(np.linalg.inv(fsl_mm(moving)))]


def _require_begins_alike(path: str | os.PathLike, frame: Frame, port: str) -> None:
    """Refuse an image whose millimetres begin elsewhere than those of the field that lies on its grid."""
    image = open_image(path) if str(path).endswith((".nii", ".nii.gz")) else None
    if image is None or int(image.header["intent_code"]) == CUBIC_SPLINES:
        return
    field = Frame(tuple(image.shape[:3]), image.affine, str(path))
    size = np.linalg.norm(frame.affine[:3, :3], axis=0)
    own_size = np.linalg.norm(field.affine[:3, :3], axis=0)
    if field.shape == frame.shape[:3] and np.allclose(size, own_size, rtol=1e-3):
        return  # One grid: what the headers say about its place does not matter.
    centre = fsl_mm(field) @ [*(np.array(field.shape) - 1) / 2, 1]
    places = [f.affine @ np.linalg.inv(fsl_mm(f)) @ centre for f in (field, frame)]
    apart = float(np.linalg.norm(places[0] - places[1]))
    if apart > 0.25 * size.min():
        raise GeometryError(
            f"{port} ({frame.source}) and {field.source} begin at other places: what has the same millimetres in both "
            f"is {apart:.3g} mm apart.",
            remedy=f"Give the image that the field was made for as {port}, or resample yours onto its grid first.",
        )


def load_steps(
    paths: Sequence[str | os.PathLike], *, inverted: Sequence[bool] = (), displacements: Kind = "auto"
) -> list[Matrix | Displacement]:
    """Read transforms as a chain from the reference's millimetres to the moving image's; see `load_chain`."""
    other_way = list(inverted) or [False] * len(paths)
    if len(other_way) != len(paths):
        raise GeometryError(
            f"{len(paths)} transforms and {len(other_way)} entries of `inverted` are given.",
            remedy="Give one true or false for each transform.",
        )
    pairs = zip(reversed(list(paths)), reversed(other_way), strict=True)
    return [load_step(path, inverted=back, displacements=displacements) for path, back in pairs]


def load_step(
    path: str | os.PathLike, *, inverted: bool = False, displacements: Kind = "auto"
) -> Matrix | Displacement:
    """Read one transform as a map of the reference's points to the moving image's."""
    if not str(path).endswith((".nii", ".nii.gz")):
        matrix = load_matrix(path)
        return Matrix(matrix if inverted else np.linalg.inv(matrix))
    image = open_image(path)
    shape = tuple(int(n) for n in image.shape if n != 1) if len(image.shape) > 4 else image.shape
    intent = int(image.header["intent_code"])
    if len(shape) != 4 or shape[3] != 3 or intent in OTHER_COEFFICIENTS:
        what = OTHER_COEFFICIENTS.get(intent, f"shape {image.shape}")
        raise ImageError(
            f"{path} is no displacement field that can be read ({what}).",
            remedy="Give a FNIRT field or cubic coefficients; FSL's fnirtfileutils makes a field of any other file.",
        )
    values = read_array(path).reshape(shape)
    if not np.isfinite(values).all():
        raise ImageError(f"{path} holds values that are not finite.", remedy="Run the registration again.")
    if intent == CUBIC_SPLINES:
        return _from_coefficients(image, values, inverted)
    frame = Frame(tuple(shape[:3]), image.affine, str(path))
    return _from_field(values, frame, inverted, displacements)


def _from_coefficients(image: nib.Nifti1Image, values: np.ndarray, inverted: bool) -> Displacement:
    header = image.header
    # FNIRT keeps the grid where other files keep their place: size in the offsets, voxel size in the intent.
    shape = tuple(int(header[f"qoffset_{axis}"]) for axis in "xyz")
    size = [float(header[f"intent_p{n}"]) for n in (1, 2, 3)]
    if min(shape) < 1 or min(size) <= 0 or min(header.get_zooms()[:3]) <= 0:
        raise ImageError(
            f"{image.get_filename()} does not say which grid its coefficients are for.",
            remedy="Use the file as fnirt wrote it, or its field (--fout).",
        )
    field = spline_field(values, header.get_zooms()[:3], shape)
    return Displacement(field, np.diag([*(1 / d for d in size), 1.0]), np.linalg.inv(header.get_sform()), inverted)


def _from_field(values: np.ndarray, frame: Frame, inverted: bool, displacements: Kind) -> Displacement:
    to_mm = fsl_mm(frame)
    field = np.ascontiguousarray(np.moveaxis(values, 3, 0))
    coordinates = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in frame.shape), indexing="ij"))
    coordinates = (to_mm[:3, :3].astype(np.float32) @ coordinates.reshape(3, -1)).reshape(field.shape)
    coordinates += to_mm[:3, 3].astype(np.float32).reshape(3, 1, 1, 1)
    if displacements == "auto":
        # Where points go varies as much as where they are; how far they go varies little.
        absolute = float(np.var(field - coordinates, dtype=np.float64)) < float(np.var(field, dtype=np.float64))
        displacements = "absolute" if absolute else "relative"
    if displacements == "absolute":
        field = field - coordinates
    return Displacement(field, np.linalg.inv(to_mm), np.eye(4), inverted)


def fsl_mm(frame: Frame) -> np.ndarray:
    """Return voxel indices to FSL's millimetres, (4, 4)."""
    return scaled_voxels(frame.affine, frame.shape[:3])


def load_matrix(path: str | os.PathLike) -> np.ndarray:
    """Read a FLIRT matrix, (4, 4)."""
    try:
        matrix = np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        raise ImageError(f"{path} is not a matrix ({error}).", remedy="Give FLIRT's 4 x 4 matrix (-omat).") from None
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6):
        raise ImageError(f"{path} is no 4 x 4 transform.", remedy="Give FLIRT's matrix (-omat), with last row 0 0 0 1.")
    determinant = np.linalg.det(matrix[:3, :3])
    if not 0.05 < determinant < 20:
        raise GeometryError(
            f"{path} changes volumes by a factor of {determinant:.3g}"
            + (": it mirrors the head." if determinant < 0 else "."),
            remedy="Check that the matrix was made for these two images; register them again.",
        )
    return matrix


def save_matrix(matrix: np.ndarray, path: str | os.PathLike) -> Path:
    """Write a FLIRT matrix."""
    with atomically(path) as temporary:
        np.savetxt(temporary, matrix, fmt="%.10f", delimiter="  ")
    return Path(path)


def save_field(field: np.ndarray, frame: Frame, path: str | os.PathLike) -> Path:
    """Write a relative displacement field, (x, y, z, 3) mm, as FNIRT does."""
    image = nib.Nifti1Image(np.asarray(field, np.float32), frame.affine)
    image.header["intent_code"] = FIELD
    image.header.set_xyzt_units("mm")
    image.set_qform(frame.affine, 4)
    image.set_sform(frame.affine, 4)
    return save_image(image, path)


def flirt_from_world(world: np.ndarray, moving: Frame, reference: Frame) -> np.ndarray:
    """Return the FLIRT matrix of a map from the moving image's scanner millimetres to the reference's."""
    to_reference = fsl_mm(reference) @ np.linalg.inv(reference.affine)
    return to_reference @ world @ moving.affine @ np.linalg.inv(fsl_mm(moving))
