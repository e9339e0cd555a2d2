"""White matter from T1, as a node."""

import nibabel as nib
import numpy as np
import pytest
from tissue_head import WHITE, head

from nipype_qsm.interfaces.masks import MASKS


def test_the_node_saves_the_mask_and_its_volume(write_nifti, tmp_path, rng):
    t1w, _, tissue, _ = head(rng, lesions=False)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    files = {"t1w": write_nifti("t1.nii", t1w, affine), "mask_brain": write_nifti("m.nii", tissue > 0, affine)}
    outputs = MASKS.make("white_matter", **files).run(cwd=str(tmp_path)).outputs
    mask = nib.load(outputs.mask_white_matter).get_fdata() > 0.5
    assert np.mean(mask != (tissue == WHITE)) < 0.02
    assert outputs.volume_ml == pytest.approx(mask.sum() * 0.008)
