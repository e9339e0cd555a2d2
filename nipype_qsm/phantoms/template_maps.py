"""Maps of many people in template space: the average anatomy with each one's iron, lesions and texture.

Registration is not simulated: everybody's structures lie where the template's are, with soft borders. What differs is
what a voxel-wise study looks for: susceptibility and T2* of each structure, the extent of periventricular lesions, and
smooth texture.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import ndimage

from nipype_qsm.geometry import Frame
from nipype_qsm.phantoms.anatomy import BRAIN_LABELS, SPACE, is_ventricle, random_field, shipped
from nipype_qsm.phantoms.population import FLUID_CHI, NAMES
from nipype_qsm.phantoms.structures import STRUCTURES

HEIGHTS = (-36.0, 30.0)
"""Millimetres of the template, bottom and top: from the cerebellum's upper part to the ventricles."""
SOFT_MM = 1.2
TEXTURE_MM = 3.0
TEXTURE = {"chi": 4.0, "t2star": 1.5}
"""Standard deviation, ppb and ms."""
TISSUES = ("grey_matter", "white_matter", "fluid")
FLUID_T2STAR = 120.0
"""Milliseconds at most: what two echoes of 20 ms can tell."""


class TemplateMaps:
    """The template's anatomy on a coarse grid, ready to be filled.

    Parameters
    ----------
    step : int, mm
        Voxel size.
    """

    space = SPACE

    def __init__(self, step: int = 2) -> None:
        self.step = step
        labels, grey, white, affine = shipped(step)
        brain = (labels > 0) & (labels < BRAIN_LABELS)
        heights = affine[2, 3] + affine[2, 2] * np.arange(labels.shape[2])
        brain &= (heights >= HEIGHTS[0]) & (heights <= HEIGHTS[1])
        box = ndimage.find_objects(brain.astype(np.uint8))[0]
        origin = affine.copy()
        origin[:3, 3] += affine[:3, :3] @ [side.start for side in box]
        self.labels, self.mask = labels[box], brain[box]
        self.frame = Frame(self.mask.shape, origin, f"template at {step} mm")
        self._tissue = dict(
            zip(TISSUES, (grey[box], white[box], np.clip(1 - grey[box] - white[box], 0, 1)), strict=True)
        )

    @cached_property
    def weights(self) -> np.ndarray:
        """Share of each structure, left and right, in each voxel, (structures, 2, x, y, z) float32."""
        made = np.zeros((len(NAMES), 2, *self.mask.shape), np.float32)
        for s, name in enumerate(NAMES):
            for side, number in enumerate(STRUCTURES[name].numbers):
                own = (self.labels == number).astype(np.float32)
                made[s, side] = ndimage.gaussian_filter(own, SOFT_MM / self.step, truncate=3) * self.mask
        return made / np.maximum(made.sum(axis=(0, 1)), 1)

    def atlas(self) -> np.ndarray:
        """Return where each structure fills most of a voxel: 1 + its place in `NAMES`; uint8."""
        both = self.weights.sum(axis=1)
        return np.where(both.max(axis=0) > 0.5, 1 + both.argmax(axis=0), 0).astype(np.uint8)

    def volume(self, name: str, values: np.ndarray, lesions_mm3: float, rng: np.random.Generator) -> np.ndarray:
        """Fill the template with one person's values.

        Parameters
        ----------
        name : str
            `chi` or `t2star`.
        values : (structures, 2) array, ppb or ms
        lesions_mm3 : float
        rng : numpy Generator
            Of the texture.

        Returns
        -------
        volume : (x, y, z) float32 array, ppb or ms
            Zero outside the brain.
        """
        pale = np.float32(value(name, "white_matter_lesion") - value(name, "white_matter"))
        volume = (self._base[name] + pale * self._lesions(lesions_mm3)) * self._outside
        weights = self.weights.reshape(-1, *self.mask.shape)
        volume += np.tensordot(np.asarray(values, np.float32).ravel(), weights, 1)
        texture = random_field(self.mask.shape, rng, TEXTURE_MM / self.step)
        volume += np.float32(TEXTURE[name]) * texture * (1 - np.float32(0.8) * self._fluid)
        return volume * self.mask

    @cached_property
    def _outside(self) -> np.ndarray:
        return 1 - self.weights.sum(axis=(0, 1))

    @cached_property
    def _fluid(self) -> np.ndarray:
        return np.where(is_ventricle(self.labels), np.float32(1), self._tissue["fluid"])

    @cached_property
    def _base(self) -> dict[str, np.ndarray]:
        made = {}
        for name in TEXTURE:
            mixed = sum(part * np.float32(value(name, kind)) for kind, part in self._tissue.items())
            made[name] = np.where(is_ventricle(self.labels), np.float32(value(name, "fluid")), mixed).astype(np.float32)
        return made

    @cached_property
    def _near(self) -> tuple[np.ndarray, np.ndarray]:
        ventricles = is_ventricle(self.labels)
        near = ndimage.gaussian_filter(ventricles.astype(np.float32), 6 / self.step, truncate=3)
        near *= (self._tissue["white_matter"] > 0.5) & ~ventricles & self.mask
        return near, np.sort(near[near > 0])[::-1]

    def _lesions(self, mm3: float) -> np.ndarray:
        """Return the share of lesions in each voxel: white matter next to the ventricles, as far out as they fill."""
        near, ranked = self._near
        count = min(max(1, round(mm3 / self.step**3)), ranked.size - 1)
        return np.clip((near - ranked[count]) / 0.02 + 0.5, 0, 1) * (near > 0)


def value(name: str, kind: str) -> float:
    """Return what a kind of matter shows: chi [ppb, the ventricles are zero] or T2* [ms]."""
    matter = STRUCTURES[kind]
    return 1000 * (matter.chi - FLUID_CHI) if name == "chi" else min(1000 * matter.t2star, FLUID_T2STAR)
