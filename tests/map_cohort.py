"""Maps of some subjects in a template's space, as UK Biobank's tree or BIDS derivatives have them, and their truth."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np

SHAPE = (14, 12, 10)
AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
SPACE = "MNI152NLin6Asym"
SMALL = {"unit_size": 4, "chunk": 64, "shard": 256}


def brain():
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    return x**2 + y**2 + z**2 < 0.9


class MapCohort:
    """Maps in ppb, each zero outside a mask of its own.

    Parameters
    ----------
    folder : Path
    rng : numpy Generator
    n : int
    """

    def __init__(self, folder, rng, n=10):
        self.folder, self.mask = folder, brain()
        self.ids = [f"{1000000 + k}" for k in range(n)]
        self.ages = rng.uniform(45, 82, n).round(1)
        self.ages[:3], self.ages[-3:] = 50, 78
        self.sex = rng.integers(0, 2, n)
        own = self.mask & (rng.random((n, *SHAPE)) < 0.85)
        values = rng.normal(20, 40, (n, *SHAPE)) + (self.ages - 63)[:, None, None, None]
        self.maps = np.where(own, values, 0).astype(np.float32)
        """(subjects, x, y, z), ppb; 0 where a subject has no value"""
        self.mask_path = self._save(self.mask.astype(np.uint8), folder / "mask.nii.gz")
        self.table = folder / "covariates.tsv"
        rows = [f"{i}\t{a}\t{s}" for i, a, s in zip(self.ids, self.ages, self.sex, strict=True)]
        self.table.write_text("\n".join(["eid\tage\tsex", *rows]) + "\n")

    @property
    def known(self):
        """The maps with NaN where there is no value, inside the mask alone: (subjects, voxels) in numpy's order."""
        values = self.maps[:, self.mask].astype(float)
        return np.where(values == 0, np.nan, values)

    def ukb(self, name="results", subjects=None, visit=2):
        """Write `results/1000000_2/SWI/QSM/QSM_to_MNI.nii.gz`, in ppb."""
        for subject in subjects or self.ids:
            path = self.folder / name / f"{subject}_{visit}" / "SWI" / "QSM" / "QSM_to_MNI.nii.gz"
            self.save(subject, path, {"Units": "ppb", "SpatialReference": SPACE})
        return str(self.folder / name)

    def bids(self, name="derivatives", subjects=None):
        """Write `derivatives/sub-1000000/anat/sub-1000000_space-..._Chimap.nii.gz`, in ppm."""
        for subject in subjects or self.ids:
            stem = f"sub-{subject}_space-{SPACE}_Chimap"
            path = self.folder / name / f"sub-{subject}" / "anat" / f"{stem}.nii.gz"
            self.save(subject, path, {"Units": "ppm", "SpatialReference": SPACE}, factor=1e-3)
        return str(self.folder / name)

    def save(self, subject, path, sidecar=None, factor=1.0, affine=AFFINE):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._save(self.maps[self.ids.index(subject)] * np.float32(factor), path, affine)
        if sidecar is not None:
            path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))
        return path

    def _save(self, array, path, affine=AFFINE):
        path.parent.mkdir(parents=True, exist_ok=True)
        nib.save(nib.Nifti1Image(array, affine), path)
        return path
