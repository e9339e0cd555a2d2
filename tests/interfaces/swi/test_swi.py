"""The susceptibility-weighted image as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.swi import SWI_METHODS
from nipype_qsm.kernels.swi.swi import swi


def test_the_node_saves_one_image_of_the_echo_it_was_told(write_nifti, tmp_path, rng):
    phase = rng.uniform(-3, 3, (6, 5, 4, 2)).astype(np.float32)
    magnitude = rng.uniform(1, 2, phase.shape).astype(np.float32)
    node = SWI_METHODS.make("swi", echo=1, power=2.0, darkened="negative")
    node.inputs.phase_filtered = [write_nifti(f"p{n}.nii", phase[..., n]) for n in range(2)]
    node.inputs.magnitude = [write_nifti(f"m{n}.nii", magnitude[..., n]) for n in range(2)]
    saved = node.run(cwd=str(tmp_path)).outputs.swi
    expected = swi(phase, magnitude, echo=1, power=2.0, darkened="negative")
    np.testing.assert_array_equal(nib.load(saved).get_fdata(), expected)
