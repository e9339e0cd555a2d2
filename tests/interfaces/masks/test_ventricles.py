"""The automatic ventricle mask as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.masks import MASKS


def test_the_node_saves_the_region_and_names_it_automatic(write_nifti, tmp_path):
    x, y, z = np.ogrid[-72:73:3, -84:85:3, -69:70:3]
    mask = (x / 65) ** 2 + (y / 80) ** 2 + (z / 66) ** 2 < 1
    pair = ((np.abs(x) - 14) / 8) ** 2 + (y / 30) ** 2 + (z / 10) ** 2 < 1
    rate, affine = np.where(pair, 3.0, 18.0), np.diag([3.0, 3.0, 3.0, 1.0])
    node = MASKS.make("ventricles", echo_times=[0.0094, 0.020])
    echoes = [(mask * 100 * np.exp(-t * rate)).astype(np.float32) for t in node.inputs.echo_times]
    node.inputs.magnitude = [write_nifti(f"m{n}.nii", echo, affine) for n, echo in enumerate(echoes)]
    node.inputs.mask_brain = write_nifti("mask_brain.nii", mask, affine)
    outputs = node.run(cwd=str(tmp_path)).outputs
    found = nib.load(outputs.mask_reference).get_fdata() > 0
    assert (found & pair).sum() / found.sum() > 0.95
    assert outputs.n_voxels == found.sum()
    assert outputs.reference_source.startswith("automatic")
