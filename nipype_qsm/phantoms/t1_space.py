"""The subject's T1 and FLAIR images, on a straight 1 mm grid of the same session.

The head did not move between the two images, so that only their grids differ. FLIRT's matrices count in scaled voxels,
with the first axis turned round where the affine keeps left and right as a radiologist sees them not.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nipype_qsm.geometry import Frame, scaled_voxels
from nipype_qsm.phantoms.forward import sample
from nipype_qsm.phantoms.interpolation import nearest
from nipype_qsm.phantoms.protocol import centred_affine
from nipype_qsm.phantoms.structures import STRUCTURES

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject

SHAPE, VOXEL = (176, 224, 192), (1.0, 1.0, 1.0)
FLUID_R1 = 1 / STRUCTURES["fluid"].t1
FLAIR_ECHO_TIME = 0.06
"""Seconds, of the simulated FLAIR image, whose decay is R2* for want of R2."""


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
        # Fluid is nulled; what decays slowly, as lesions do, is bright.
        nulled = 1 - 2 * np.exp(np.float32(-np.log(2) / FLUID_R1) * head.r1)
        flair = head.proton_density * np.abs(nulled) * np.exp(np.float32(-FLAIR_ECHO_TIME) * head.r2star)
        sampled = sample(
            np.stack([weighted, flair, head.brain.astype(np.float32)], axis=3),
            self.to_head,
            self.shape,
            self.subject.threads,
        )
        return {"T1": 1000 * sampled[0], "FLAIR": 1000 * sampled[1], "brain": sampled[2]}

    @cached_property
    def labels(self) -> np.ndarray:
        """What fills each voxel, uint8."""
        return nearest(self.head.labels, self.to_head, self.shape)

    def brain_on_gradient_echo(self) -> np.ndarray:
        """Return the brain's share of each voxel of the gradient echo, as its T1 mask is moved there."""
        to_head = np.linalg.inv(self.head.affine) @ np.linalg.inv(self.subject.to_scanner) @ self.subject.affine
        brain = self.head.brain.astype(np.float32)[..., None]
        return sample(brain, to_head, self.subject.protocol.shape, self.subject.threads)[0]
