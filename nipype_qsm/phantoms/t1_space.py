"""The subject's T1 image and what the brain pipeline derives from it, on a straight 1 mm grid of the same session.

The head did not move between the two images, so that only their grids differ. FLIRT's matrices count in scaled voxels,
with the first axis turned round where the affine keeps left and right as a radiologist sees them not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nipype_qsm.geometry import Frame
from nipype_qsm.io import save_volume
from nipype_qsm.phantoms.anatomy import BRAIN_LABELS, anatomy, is_ventricle
from nipype_qsm.phantoms.forward import sample
from nipype_qsm.phantoms.interpolation import nearest
from nipype_qsm.phantoms.protocol import centred_affine
from nipype_qsm.phantoms.structures import STRUCTURES
from nipype_qsm.quantities import Quantity

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject

SHAPE, VOXEL = (176, 224, 192), (1.0, 1.0, 1.0)
LESION = STRUCTURES["white_matter_lesion"].numbers[0]
FIRST_LABELS = (10, 11, 12, 13, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58)
"""What FIRST segments; its left and right numbers."""

IMAGE = Quantity("t1_weighted", "", "T1-weighted image")
FRACTION = Quantity("fraction", "", "share of a voxel, 0 to 1")
LABELS = Quantity("labels", "", "structure numbers")


class T1Space:
    """The T1 image's grid and contents.

    Parameters
    ----------
    subject : DigitalSubject
    """

    def __init__(self, subject: DigitalSubject) -> None:
        self.subject = subject
        step = 1 if subject.head.affine[0, 0] < 1.5 else 2
        self.head = anatomy(subject.seed, step)
        self.shape = tuple(n // step for n in SHAPE)
        self.affine = centred_affine(self.shape, tuple(step * v for v in VOXEL), (0.0, 0.0))
        self.frame = Frame(self.shape, self.affine, f"T1 of digital subject {subject.seed}")

    @property
    def flirt(self) -> np.ndarray:
        """The gradient echo's FLIRT millimetres to T1's, (4, 4)."""
        swi, shape = self.subject.affine, self.subject.protocol.shape
        return (
            scaled_voxels(self.affine, self.shape)
            @ np.linalg.inv(self.affine)
            @ swi
            @ np.linalg.inv(scaled_voxels(swi, shape))
        )

    def volumes(self) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the T1-weighted image and the brain's share of each voxel, and the labels."""
        head = self.head
        to_template = np.linalg.inv(head.affine) @ np.linalg.inv(self.subject.to_scanner) @ self.affine
        # An inversion-prepared image is bright where R1 is high, and dark in fluid.
        weighted = head.proton_density * (1 - np.exp(np.float32(-1.1) * head.r1))
        brain = ((head.labels > 0) & (head.labels < BRAIN_LABELS)).astype(np.float32)
        sampled = sample(np.stack([weighted, brain], axis=3), to_template, self.shape, self.subject.threads)
        labels = nearest(head.labels, to_template, self.shape)
        return {"T1": 1000 * sampled[0], "brain": sampled[1]}, labels

    def write(self, folder: Path) -> None:
        """Write T1, T1_brain, T1_brain_mask, FIRST's labels, and the lesion and ventricle masks."""
        volumes, labels = self.volumes()
        t1, lesions = folder / "T1", folder / "T2_FLAIR" / "lesions"
        brain = volumes["brain"]
        for path, volume, quantity in (
            (t1 / "T1.nii.gz", volumes["T1"], IMAGE),
            (t1 / "T1_brain.nii.gz", volumes["T1"] * (brain > 0.5), IMAGE),
            (t1 / "T1_brain_mask.nii.gz", brain, FRACTION),
            (t1 / "T1_first" / "T1_first_all_fast_firstseg.nii.gz", labels * np.isin(labels, FIRST_LABELS), LABELS),
            (lesions / "final_mask.nii.gz", labels == LESION, FRACTION),
            (lesions / "T1_unbiased_ventmask.nii.gz", is_ventricle(labels), FRACTION),
        ):
            save_volume(volume, self.frame, path, quantity)


def scaled_voxels(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return voxel indices to FLIRT's millimetres: scaled; x turned round if the affine's determinant is positive."""
    size = np.linalg.norm(affine[:3, :3], axis=0)
    matrix = np.diag([*size, 1.0])
    if np.linalg.det(affine[:3, :3]) > 0:
        matrix[0, 0], matrix[0, 3] = -size[0], (shape[0] - 1) * size[0]
    return matrix
