"""Lesions from FLAIR, as a node."""

import nibabel as nib
import numpy as np
import pytest
from tissue_head import WHITE, head

from nipype_qsm.errors import GeometryError
from nipype_qsm.interfaces.masks import MASKS

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


def files(write_nifti, rng, affine=AFFINE):
    _, flair, tissue, inside = head(rng)
    white = ((tissue == WHITE) & ~inside).astype(np.float32)
    return inside, {
        "flair": write_nifti("flair.nii", flair, affine),
        "mask_white_matter": write_nifti("white.nii", white, AFFINE),
        "mask_brain": write_nifti("brain.nii", tissue > 0, AFFINE),
    }


def test_the_node_saves_lesions_and_their_volume(write_nifti, tmp_path, rng):
    inside, given = files(write_nifti, rng)
    outputs = MASKS.make("lesions", **given).run(cwd=str(tmp_path)).outputs
    mask = nib.load(outputs.mask_lesions).get_fdata() > 0.5
    assert np.count_nonzero(mask & inside) > 0.7 * inside.sum()
    assert outputs.lesions_ml == pytest.approx(mask.sum() * 0.008)


def test_flair_in_another_place_is_refused(write_nifti, tmp_path, rng):
    moved = AFFINE.copy()
    moved[0, 3] = 9
    _, given = files(write_nifti, rng, moved)
    with pytest.raises(GeometryError):
        MASKS.make("lesions", **given).run(cwd=str(tmp_path))
