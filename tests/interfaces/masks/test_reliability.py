"""Phase reliability as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.masks import MASKS
from nipype_qsm.io import read_frame
from nipype_qsm.kernels.masks.reliability import reliability


def test_the_node_saves_one_map_an_echo(write_nifti, oblique_affine, tmp_path, rng):
    affine = oblique_affine((0.8, 0.8, 3.0))
    phase = rng.uniform(-3, 3, (10, 9, 6, 2)).astype(np.float32)
    mask = rng.random(phase.shape[:3]) < 0.8
    node = MASKS.make("reliability", center="corner")
    node.inputs.phase = [write_nifti(f"phase-{n}.nii", phase[..., n], affine) for n in range(2)]
    node.inputs.mask_brain = write_nifti("mask_brain.nii", mask, affine)
    outputs = node.run(cwd=str(tmp_path)).outputs
    grid = read_frame(node.inputs.mask_brain).grid()
    expected = reliability(phase, mask, grid, center="corner")
    for echo, path in enumerate(outputs.reliability):
        np.testing.assert_array_equal(nib.load(path).get_fdata(), expected[..., echo])
