"""The subject's T1 and FLAIR images, on a straight 1 mm grid of the same session.

The head did not move between the two images, so that only their grids differ. FLIRT's matrices count in scaled voxels,
with the first axis turned round where the affine keeps left and right as a radiologist sees them not.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from nipype_qsm.geometry import Frame, scaled_voxels
from nipype_qsm.phantoms.anatomy import is_ventricle
from nipype_qsm.phantoms.forward import sample
from nipype_qsm.phantoms.interpolation import nearest
from nipype_qsm.phantoms.protocol import centred_affine
from nipype_qsm.phantoms.structures import STRUCTURES

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject

SHAPE, VOXEL = (176, 224, 192), (1.0, 1.0, 1.0)
WHITE = [*STRUCTURES["white_matter"].numbers, *STRUCTURES["white_matter_lesion"].numbers]
FLAIR_NOISE, FLAIR_SHADING, SHADING_MM = 0.04, 0.1, 100.0
"""Of white matter's signal; spread of the coils' shading, and how fast it varies."""
LINING, LINING_MM = 0.2, 1.2
"""Around the ventricles healthy white matter is brighter by this part, and how thick that lining is."""


class T1Space:
    """The T1 image's grid and contents.

    Parameters
    ----------
    subject : DigitalSubject
    """

    def __init__(self, subject: DigitalSubject) -> None:
        self.subject = subject
        step = 1 if subject.head.affine[0, 0] < 1.5 else 2
        self.head = subject.head
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

    @property
    def to_head(self) -> np.ndarray:
        """T1's indices to the indices of the head in template space, (4, 4)."""
        return np.linalg.inv(self.head.affine) @ np.linalg.inv(self.subject.to_scanner) @ self.affine

    def volumes(self) -> dict[str, np.ndarray]:
        """Return the T1-weighted image, the FLAIR image on its grid and the brain's share of each voxel."""
        head = self.head
        # An inversion-prepared image is bright where R1 is high, and dark in fluid.
        weighted = head.proton_density * (1 - np.exp(np.float32(-1.1) * head.r1))
        sampled = sample(
            np.stack([weighted, head.flair, head.brain.astype(np.float32)], axis=3),
            self.to_head,
            self.shape,
            self.subject.threads,
        )
        return {"T1": 1000 * sampled[0], "FLAIR": 1000 * self._as_measured(sampled[1]), "brain": sampled[2]}

    def _as_measured(self, flair: np.ndarray) -> np.ndarray:
        """Give FLAIR what makes lesions hard to find: a bright lining of the ventricles, shading and noise."""
        rng = np.random.default_rng([self.subject.seed, self.subject.scan, 31])
        white = np.isin(self.labels, WHITE)
        level = np.float32(np.median(flair[white]))
        size = np.abs(np.diag(self.affine)[:3])
        away = ndimage.distance_transform_edt(~is_ventricle(self.labels), sampling=size)
        flair = flair + level * LINING * np.exp(-((away / LINING_MM) ** 2)) * white
        coarse = np.ceil(np.asarray(self.shape) * size / SHADING_MM).astype(int) + 3
        field = ndimage.zoom(rng.standard_normal(coarse), np.divide(self.shape, coarse), order=3)
        flair *= np.exp(FLAIR_SHADING * field / field.std())
        real, imaginary = level * FLAIR_NOISE * rng.standard_normal((2, *self.shape), np.float32)
        return np.hypot(flair + real, imaginary).astype(np.float32)

    @cached_property
    def labels(self) -> np.ndarray:
        """What fills each voxel, uint8."""
        return nearest(self.head.labels, self.to_head, self.shape)

    def brain_on_gradient_echo(self) -> np.ndarray:
        """Return the brain's share of each voxel of the gradient echo, as its T1 mask is moved there."""
        to_head = np.linalg.inv(self.head.affine) @ np.linalg.inv(self.subject.to_scanner) @ self.subject.affine
        brain = self.head.brain.astype(np.float32)[..., None]
        return sample(brain, to_head, self.subject.protocol.shape, self.subject.threads)[0]
