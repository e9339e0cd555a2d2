"""The log_linear T2* fit as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.relaxation import RELAXATIONS
from nipype_qsm.kernels.relaxation.log_linear import log_linear


def test_the_node_saves_what_the_kernel_returns(write_nifti, tmp_path, rng):
    times = [0.004, 0.012, 0.020]
    magnitude = np.sort(rng.uniform(50, 200, (5, 4, 3, 3)).astype(np.float32))[..., ::-1]
    node = RELAXATIONS.make("log_linear", echo_times=times)
    node.inputs.magnitude = [write_nifti(f"magnitude-{n}.nii", magnitude[..., n]) for n in range(3)]
    node.inputs.mask = write_nifti("mask.nii", np.ones(magnitude.shape[:3], bool))
    outputs = node.run(cwd=str(tmp_path)).outputs
    expected = log_linear(magnitude, np.ones(magnitude.shape[:3], bool), echo_times=times)
    for name in ("t2star", "r2star", "s0"):
        np.testing.assert_array_equal(nib.load(getattr(outputs, name)).get_fdata(), getattr(expected, name))
    assert outputs.n_failed == expected.n_failed
