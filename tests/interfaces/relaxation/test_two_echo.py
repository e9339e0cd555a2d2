"""UK Biobank's two-echo T2* as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.relaxation import RELAXATIONS
from nipype_qsm.io import load_volume
from nipype_qsm.kernels.relaxation.two_echo import two_echo


def test_the_node_saves_maps_in_seconds_and_counts(write_nifti, oblique_affine, tmp_path, rng):
    affine, times = oblique_affine((0.8, 0.8, 3.0)), [0.0094, 0.020]
    first = rng.uniform(100, 200, (9, 8, 5)).astype(np.float32)
    magnitude = np.stack([first, first * rng.uniform(0.1, 1.0, first.shape).astype(np.float32)], -1)
    node = RELAXATIONS.make("two_echo", echo_times=times)
    node.inputs.magnitude = [write_nifti(f"magnitude-{n}.nii", magnitude[..., n], affine) for n in range(2)]
    node.inputs.mask = write_nifti("mask.nii", np.ones(first.shape, bool), affine)
    outputs = node.run(cwd=str(tmp_path)).outputs
    t2star, frame = load_volume(outputs.t2star, "t2star")
    expected = two_echo(magnitude, np.ones(first.shape, bool), frame.grid(), echo_times=times)
    np.testing.assert_array_equal(t2star, expected.t2star)
    np.testing.assert_array_equal(nib.load(outputs.r2star).get_fdata(), expected.r2star)
    np.testing.assert_array_equal(nib.load(outputs.s0).get_fdata(), expected.s0)
    assert (outputs.n_implausible, outputs.n_filled) == (expected.n_implausible, expected.n_filled)
