"""One subject's head in template space: properties on the millimetre grid that the package ships.

The shipped maps are averages over many brains, hence soft. A seeded random field, added to the log-odds of grey matter,
white matter and fluid, turns their soft borders into folds that differ from subject to subject; deep nuclei, ventricles
and everything outside the brain come from the label image. All of it is in MNI152NLin2009cAsym.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from nipype_qsm.io import read_array, read_frame
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.phantoms.structures import NUCLEI, STRUCTURES, Structure, structures_of

DATA = Path(__file__).parent / "data"
SPACE = "MNI152NLin2009cAsym"

TEXTURE_CHI = 0.008
"""Standard deviation of susceptibility inside tissue, ppm."""
TEXTURE_MM = 1.5
FOLDING_MM = 2.2
FOLDING_STRENGTH = 1.4
IRON_RELAXIVITY = 120.0
"""Growth of R2* with susceptibility in grey matter, 1/s/ppm; negative in white matter: myelin is diamagnetic."""
LESION_MM = 2.5
LESION_LEVEL = (1.1, 1.9)
"""Standard deviations above which the random field of lesions makes one: the range between subjects."""
LESION_PULL = 6.0
"""How strongly lesions gather around the ventricles."""
PROPERTIES = ("chi", "r2star", "proton_density", "r1", "flair")
FLAIR_ECHO_TIME = 0.06
"""Seconds, of the simulated FLAIR image, whose decay is R2* for want of R2."""
BRAIN_LABELS = 200
"""Numbers from here on lie outside the brain."""


@dataclass(frozen=True)
class Anatomy:
    """Properties of a head on a template grid.

    Parameters
    ----------
    labels : (x, y, z) uint8 array
    chi : (x, y, z) float32 array, ppm
    r2star : (x, y, z) float32 array, 1/s
    proton_density : (x, y, z) float32 array
    r1 : (x, y, z) float32 array, 1/s
    flair : (x, y, z) float32 array
        Signal of a FLAIR image. Signals mix in a voxel, not rates: fluid next to tissue must not make it bright.
    affine : (4, 4) float array
        Indices to millimetres of MNI152NLin2009cAsym.
    structures : dict of Structure
        What this subject's structures hold.
    """

    labels: np.ndarray
    chi: np.ndarray
    r2star: np.ndarray
    proton_density: np.ndarray
    r1: np.ndarray
    flair: np.ndarray
    affine: np.ndarray
    structures: dict[str, Structure]

    @property
    def brain(self) -> np.ndarray:
        """Brain, ventricles included."""
        return (self.labels > 0) & (self.labels < BRAIN_LABELS)


def overlap_record() -> dict:
    """Return how well the atlases lie on one another in the shipped space, as measured when they were brought there."""
    return json.loads((DATA / "anatomy.json").read_text())


@lru_cache(maxsize=2)
def shipped(step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read labels, grey matter, white matter and affine, on every voxel or on blocks of `step`."""
    labels = read_array(DATA / "labels.nii.gz", np.uint8)
    tissues = [read_array(DATA / f"{name}_matter.nii.gz") for name in ("grey", "white")]
    affine = read_frame(DATA / "labels.nii.gz").affine.copy()
    if step > 1:
        shape = [n // step for n in labels.shape]
        box = tuple(slice(0, n * step) for n in shape)
        blocks = [n for length in shape for n in (length, step)]
        tissues = [t[box].reshape(blocks).mean(axis=(1, 3, 5), dtype=np.float32) for t in tissues]
        labels = np.ascontiguousarray(labels[step // 2 :: step, step // 2 :: step, step // 2 :: step])
        labels = labels[: shape[0], : shape[1], : shape[2]]
        near = ndimage.binary_dilation((labels > 0) & (labels < BRAIN_LABELS), np.ones((3, 3, 3)))
        labels[near & (labels >= BRAIN_LABELS)] = STRUCTURES["outer_fluid"].numbers[0]
        affine[:3, 3] += affine[:3, :3] @ np.full(3, step // 2)
        affine[:3, :3] *= step
    return labels, tissues[0], tissues[1], affine


@lru_cache(maxsize=2)
def anatomy(seed: int, step: int = 1, known: tuple[Structure, ...] = ()) -> Anatomy:
    """Compose one subject's head.

    Parameters
    ----------
    seed : int
        Folding, texture and the iron of the nuclei; 0 has the average iron.
    step : int, mm
        Spacing of the template; 2 is eight times quicker, for coarse acquisitions.
    known : tuple of Structure
        Structures that are given, not drawn.
    """
    labels, grey, white, affine = shipped(step)
    structures = structures_of(seed, known)
    box = bounding_box((labels > 0) & (labels < BRAIN_LABELS), 2)
    rng = np.random.default_rng([seed, 7])
    inside = labels[box].copy()
    brain = (inside > 0) & (inside < BRAIN_LABELS)
    fractions = folded(grey[box], white[box], rng, FOLDING_MM / step)
    lesions = lesion_share(inside, fractions["white_matter"], rng, step)
    inside = np.where(inside == 1, refined(fractions, lesions), inside)
    texture = np.float32(TEXTURE_CHI) * random_field(brain.shape, rng, TEXTURE_MM / step)
    texture *= np.where(is_nucleus(inside), 1, 1 - fractions["fluid"]) * (brain & ~is_ventricle(inside))
    volumes = {name: by_label(labels, structures, name) for name in PROPERTIES}
    for name, volume in volumes.items():
        mixed = sum(part * np.float32(value_of(structures[kind], name)) for kind, part in fractions.items())
        mixed += lesions * (np.float32(value_of(structures["white_matter_lesion"], name)) - mixed)
        region = np.where(brain, mixed, volume[box])
        for kind in (*NUCLEI, "lateral_ventricle"):
            blend(region, inside, structures[kind], name, step)
        volume[box] = region
    volumes["chi"][box] += texture
    iron = IRON_RELAXIVITY * texture * (1 - 2 * np.where(is_nucleus(inside), 0, fractions["white_matter"]))
    volumes["r2star"][box] = np.maximum(volumes["r2star"][box] + iron, 1.5)
    own = labels.copy()
    own[box] = inside
    return Anatomy(own, **volumes, affine=affine, structures=structures)


def is_ventricle(labels: np.ndarray) -> np.ndarray:
    """Return where the lateral ventricles are."""
    left, right = STRUCTURES["lateral_ventricle"].numbers
    return (labels == left) | (labels == right)


def is_nucleus(labels: np.ndarray) -> np.ndarray:
    """Return where the deep grey matter is."""
    table = np.zeros(256, bool)
    for name in NUCLEI:
        table[list(STRUCTURES[name].numbers)] = True
    return table[labels]


def value_of(structure: Structure, name: str) -> float:
    """Return a property by name; rates are the inverse of times."""
    if name == "r2star":
        return 1 / structure.t2star
    if name == "flair":
        # Fluid is nulled; what decays slowly, as lesions do, is bright.
        nulled = 1 - 2 * np.exp(-np.log(2) * STRUCTURES["fluid"].t1 / structure.t1)
        return structure.proton_density * abs(nulled) * np.exp(-FLAIR_ECHO_TIME / structure.t2star)
    return 1 / structure.t1 if name == "r1" else getattr(structure, name)


def by_label(labels: np.ndarray, structures: dict[str, Structure], name: str) -> np.ndarray:
    """Return a property outside the brain, from the labels alone; air is everywhere else."""
    table = np.full(256, value_of(structures["air_cavity"], name), np.float32)
    for structure in structures.values():
        for number in structure.numbers:
            table[number] = value_of(structure, name)
    return table[labels]


def folded(grey: np.ndarray, white: np.ndarray, rng: np.random.Generator, sigma: float) -> dict[str, np.ndarray]:
    """Sharpen average tissue maps into one brain's, by random fields on the log-odds."""
    parts = {"grey_matter": grey, "white_matter": white, "fluid": np.clip(1 - grey - white, 0, 1)}
    odds = {
        name: np.exp(FOLDING_STRENGTH * (np.log(part + np.float32(0.01)) + random_field(part.shape, rng, sigma)))
        for name, part in parts.items()
    }
    total = odds["grey_matter"] + odds["white_matter"] + odds["fluid"]
    return {name: part / total for name, part in odds.items()}


def lesion_share(labels: np.ndarray, white: np.ndarray, rng: np.random.Generator, step: int) -> np.ndarray:
    """Return how much of each voxel is white matter hyperintensity: blobs in white matter near the ventricles."""
    near = ndimage.gaussian_filter(is_ventricle(labels).astype(np.float32), 6 / step, truncate=3)
    rank = random_field(labels.shape, rng, LESION_MM / step) + np.clip(LESION_PULL * (near - 0.15), -2, 1)
    return np.clip(2 * (rank - rng.uniform(*LESION_LEVEL)), 0, 1) * np.clip(2 * white - 1, 0, 1) * (labels == 1)


def random_field(shape: tuple[int, ...], rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Return Gaussian noise of unit standard deviation, smooth over `sigma` voxels, float32."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, np.float32), sigma, mode="wrap", truncate=3)
    return noise / noise.std()


def blend(region: np.ndarray, labels: np.ndarray, structure: Structure, name: str, step: int) -> None:
    """Lay a labelled structure over the tissue, with a border half a voxel soft."""
    boxes = ndimage.find_objects(labels, max(structure.numbers))
    for number in structure.numbers:
        if boxes[number - 1] is None:
            continue
        box = tuple(slice(max(0, side.start - 3), side.stop + 3) for side in boxes[number - 1])
        weight = ndimage.gaussian_filter((labels[box] == number).astype(np.float32), 0.5 / step, truncate=3)
        region[box] += weight * (np.float32(value_of(structure, name)) - region[box])


def refined(fractions: dict[str, np.ndarray], lesions: np.ndarray) -> np.ndarray:
    """Name brain tissue by what fills most of each voxel."""
    grey, white, fluid = (fractions[name] for name in ("grey_matter", "white_matter", "fluid"))
    numbers = {name: STRUCTURES[name].numbers[0] for name in (*fractions, "white_matter_lesion")}
    named = np.where(grey >= white, numbers["grey_matter"], numbers["white_matter"]).astype(np.uint8)
    named[fluid > np.maximum(grey, white)] = numbers["fluid"]
    named[lesions > 0.5] = numbers["white_matter_lesion"]
    return named
