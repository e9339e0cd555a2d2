"""What is known of a subject's brain beside the gradient echo: T1, labels, tissues, lesions, transforms.

The names are the workflow's ports. Everything is read and compared once, before anything is computed: the structures
must lie on T1's grid, what lies on the gradient echo's grid must do so, and matrices must be rigid.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nipype_qsm.errors import GeometryError, ImageError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import load_volume, open_image
from nipype_qsm.quantities import Quantity
from nipype_qsm.transforms import load_matrix

ON_T1 = {
    "mask_t1w": Quantity("mask_t1w", "", "brain on T1's grid", mask=True),
    "labels": Quantity("labels", "", "structure numbers"),
    "mask_white_matter": Quantity("mask_white_matter", "", "white matter", mask=True),
    "mask_bianca": Quantity("mask_bianca", "", "white matter where lesions are looked for", mask=True),
    "mask_ventricles": Quantity("mask_ventricles", "", "lateral ventricles", mask=True),
    "flair": Quantity("flair", "", "FLAIR image"),
    # A brain without a single lesion is a brain, too.
    "mask_lesions": Quantity("mask_lesions", "", "white matter hyperintensities", plausible=(-0.5, 1.5)),
}
WARPS = ("gradient_warp", "t1_to_mni")
RIGID = 0.02
"""How much a matrix of a head onto itself may stretch."""


def checked_brain(files: Mapping[str, Path], gradient_echo: Frame) -> list[str]:
    """Read and compare everything, and say what is there.

    Parameters
    ----------
    files : mapping
        Port to path.
    gradient_echo : Frame

    Returns
    -------
    notes : list of str
    """
    if "t1w" in files:
        _, t1 = load_volume(files["t1w"], Quantity("t1w", "", "T1-weighted image"))
        for port, quantity in ON_T1.items():
            if port in files:
                _, frame = load_volume(files[port], quantity)
                t1.require_same(frame, port)
    if "mask_fraction" in files:
        _, frame = load_volume(files["mask_fraction"], "mask_fraction")
        gradient_echo.require_same(frame, "mask_fraction")
    if "swi_to_t1" in files:
        _require_rigid(files["swi_to_t1"])
    for port in WARPS:
        if port in files:
            _require_field(files[port], port)
    nigra = [files[port] for port in ("nigra_left", "nigra_right") if port in files]
    if len(nigra) == 1:
        raise ImageError("Only one nigra was given.", remedy="Give the masks of both sides: --nigra LEFT RIGHT.")
    if nigra:
        left, right = (load_volume(path, Quantity("nigra", "", "substantia nigra", mask=True))[1] for path in nigra)
        left.require_same(right, "nigra_right")
    return [f"{port}: {Path(path).name}" for port, path in files.items()]


def _require_rigid(path: Path) -> None:
    matrix = load_matrix(path)
    stretch = np.linalg.svd(matrix[:3, :3], compute_uv=False)
    if np.abs(stretch - 1).max() > RIGID:
        raise GeometryError(
            f"{path} stretches the head by a factor of {stretch[np.abs(stretch - 1).argmax()]:.3g}; gradient echo and "
            "T1 are one head.",
            remedy="Give the rigid FLIRT matrix (6 degrees of freedom) of gradient echo to T1.",
        )


def _require_field(path: Path, port: str) -> None:
    shape = open_image(path).shape
    if len(shape) != 4 or shape[3] != 3:
        raise GeometryError(
            f"{port} ({path}) has shape {shape}; a displacement field has three numbers a voxel.",
            remedy="Give the field that FNIRT (--fout) or gradient unwarping wrote, or FNIRT's coefficients.",
        )
