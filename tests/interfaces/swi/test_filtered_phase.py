"""The homodyne filter as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.swi import SWI_METHODS
from nipype_qsm.kernels.swi.filtered_phase import filtered_phase


def test_the_node_saves_one_filtered_phase_an_echo(write_nifti, tmp_path, rng):
    affine = np.diag([0.8, 0.8, 3.0, 1.0])
    phase = rng.uniform(-3, 3, (12, 10, 4, 2)).astype(np.float32)
    magnitude = rng.uniform(1, 2, phase.shape).astype(np.float32)
    node = SWI_METHODS.make("filtered_phase", window=6)
    node.inputs.phase = [write_nifti(f"p{n}.nii", phase[..., n], affine) for n in range(2)]
    node.inputs.magnitude = [write_nifti(f"m{n}.nii", magnitude[..., n], affine) for n in range(2)]
    saved = node.run(cwd=str(tmp_path)).outputs.phase_filtered
    expected = filtered_phase(phase, magnitude, Grid.from_affine((12, 10, 4), affine), window=6)
    for echo in range(2):
        np.testing.assert_allclose(nib.load(saved[echo]).get_fdata(), expected[..., echo], atol=1e-4)
