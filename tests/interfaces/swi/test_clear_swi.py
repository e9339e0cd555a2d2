"""CLEAR-SWI as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.swi import SWI_METHODS
from nipype_qsm.kernels.swi.clear_swi import clear_swi


def test_the_node_saves_what_the_kernel_returns(write_nifti, tmp_path, rng):
    affine = np.diag([0.8, 0.8, 3.0, 1.0])
    phase = rng.uniform(-1, 1, (12, 10, 4, 2)).astype(np.float32)
    magnitude = rng.uniform(1, 2, phase.shape).astype(np.float32)
    mask = np.ones(phase.shape[:3], bool)
    node = SWI_METHODS.make("clear_swi", echo_times=[0.01, 0.02], level=3.0, pad=4)
    node.inputs.phase = [write_nifti(f"p{n}.nii", phase[..., n], affine) for n in range(2)]
    node.inputs.magnitude = [write_nifti(f"m{n}.nii", magnitude[..., n], affine) for n in range(2)]
    node.inputs.mask = write_nifti("mask.nii", mask, affine)
    saved = node.run(cwd=str(tmp_path)).outputs.swi
    grid = Grid.from_affine(mask.shape, affine)
    expected = clear_swi(phase, magnitude, mask, grid, echo_times=[0.01, 0.02], level=3.0, pad=4)
    np.testing.assert_allclose(nib.load(saved).get_fdata(), expected, rtol=1e-4)
