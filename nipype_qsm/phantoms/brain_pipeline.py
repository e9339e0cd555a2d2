"""What UK Biobank's brain pipeline makes of a digital subject's T1 and FLAIR: labels, tissues, lesions, transforms.

Nothing is estimated: labels and masks are the truth on T1's grid, transforms are those by which the subject was laid
into the scanner. The template's grid is FSL's, but the space on it is MNI152NLin2009cAsym, in which the subject was
drawn; the nigra masks in it stand for a user's atlas.
"""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Frame, scaled_voxels
from nipype_qsm.io import atomically, save_image, save_volume, sidecar_path, write_json
from nipype_qsm.phantoms.anatomy import SPACE, is_ventricle
from nipype_qsm.phantoms.interpolation import nearest
from nipype_qsm.phantoms.structures import NUCLEI, STRUCTURES
from nipype_qsm.phantoms.t1_space import T1Space
from nipype_qsm.quantities import Quantity

LESION = STRUCTURES["white_matter_lesion"].numbers[0]
WHITE = (*STRUCTURES["white_matter"].numbers, LESION)
GREY = tuple(n for name in ("grey_matter", *NUCLEI) for n in STRUCTURES[name].numbers)
FIRST_LABELS = (10, 11, 12, 13, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58)
"""What FIRST segments; its left and right numbers."""
RELATIVE_FIELD = 2006
"""NIfTI intent of a FNIRT displacement field."""

IMAGE = Quantity("image", "", "weighted image")
FRACTION = Quantity("fraction", "", "share of a voxel, 0 to 1")
LABELS = Quantity("labels", "", "structure numbers")


def derived(t1: T1Space) -> dict[str, tuple[np.ndarray, Quantity]]:
    """Return what is derived from T1 and FLAIR, on T1's grid, by the names of UK Biobank's files.

    Parameters
    ----------
    t1 : T1Space
    """
    labels, volumes = t1.labels, t1.volumes()
    brain = volumes["brain"] > 0.5
    white, grey = np.isin(labels, WHITE), np.isin(labels, GREY)
    return {
        "T1": (volumes["T1"], IMAGE),
        "T1_unbiased": (volumes["T1"], IMAGE),
        "T1_brain": (volumes["T1"] * brain, IMAGE),
        "T1_unbiased_brain": (volumes["T1"] * brain, IMAGE),
        "T1_brain_mask": (volumes["brain"], FRACTION),
        "T2_FLAIR": (volumes["FLAIR"], IMAGE),
        "T1_brain_pve_0": (brain & ~white & ~grey, FRACTION),
        "T1_brain_pve_1": (grey, FRACTION),
        "T1_brain_pve_2": (white, FRACTION),
        "T1_brain_WM_mask": (white, FRACTION),
        "T1_first_all_fast_firstseg": (labels * np.isin(labels, FIRST_LABELS), LABELS),
        "bianca_mask": (labels == LESION, FRACTION),
        "final_mask": (labels == LESION, FRACTION),
        "T1_unbiased_bianca_mask": (white, FRACTION),
        "T1_unbiased_ventmask": (is_ventricle(labels), FRACTION),
    }


def template_frame(t1: T1Space) -> Frame:
    """Return FSL's template grid: 182 x 218 x 182 voxels of 1 mm, or half of that for a coarse subject."""
    step = 1 if t1.head.affine[0, 0] < 1.5 else 2
    affine = np.array([[-step, 0, 0, 90], [0, step, 0, -126], [0, 0, step, -72], [0, 0, 0, 1.0]])
    return Frame((182, 218, 182) if step == 1 else (91, 109, 91), affine, "template")


def t1_to_template(t1: T1Space) -> np.ndarray:
    """Return FSL's millimetres of the template to those of T1, (4, 4): a warp's direction."""
    template = template_frame(t1)
    return (
        scaled_voxels(t1.affine, t1.shape)
        @ np.linalg.inv(t1.affine)
        @ t1.subject.to_scanner
        @ template.affine
        @ np.linalg.inv(scaled_voxels(template.affine, template.shape))
    )


def write_warp(t1: T1Space, path: Path) -> Path:
    """Write T1 to template as a relative FNIRT field: to each point of the template, how far off T1's point is."""
    template = template_frame(t1)
    apart = (t1_to_template(t1) - np.eye(4)) @ scaled_voxels(template.affine, template.shape)
    field = np.empty((*template.shape, 3), np.float32)
    i, j, k = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in template.shape), indexing="ij", sparse=True)
    for axis, row in enumerate(apart[:3].astype(np.float32)):
        field[..., axis] = row[0] * i + row[1] * j + row[2] * k + row[3]
    image = nib.Nifti1Image(field, template.affine)
    image.header.set_intent(RELATIVE_FIELD)
    image.header.set_xyzt_units("mm", "sec")
    image.set_qform(template.affine, 4)
    image.set_sform(template.affine, 4)
    return save_image(image, path)


def write_matrix(matrix: np.ndarray, path: Path) -> None:
    """Write a FLIRT matrix."""
    with atomically(path) as temporary:
        np.savetxt(temporary, matrix, fmt="%.10f", delimiter="  ")


def write_nigra(t1: T1Space, folder: Path) -> list[Path]:
    """Write the substantia nigra, left and right, on the template's grid, with the name of its space."""
    template, written = template_frame(t1), []
    labels = nearest(t1.head.labels, np.linalg.inv(t1.head.affine) @ template.affine, template.shape)
    for side, number in zip(("left", "right"), STRUCTURES["substantia_nigra"].numbers, strict=True):
        path = folder / f"nigra_{side}.nii.gz"
        save_volume(labels == number, template, path, FRACTION)
        write_json({"Space": SPACE, "SpatialReference": SPACE, "Name": f"{side} substantia nigra"}, sidecar_path(path))
        written.append(path)
    return written


def lesion_volume(t1: T1Space) -> tuple[int, float]:
    """Return the lesions' voxels and mm3."""
    count = int((t1.labels == LESION).sum())
    return count, float(count * abs(np.linalg.det(t1.affine[:3, :3])))
