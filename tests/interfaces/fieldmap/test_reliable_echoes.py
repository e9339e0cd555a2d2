"""The fit to reliable echoes as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.fieldmap import FIELD_MAPPINGS, ReliableEchoes
from nipype_qsm.kernels.fieldmap.reliable_echoes import reliable_echoes

TIMES = [0.005, 0.010, 0.015]


def test_files_in_files_out_as_the_kernel_computes_them(write_nifti, rng, tmp_path):
    volumes = {
        "phase_unwrapped": rng.normal(size=(5, 4, 3, 3)).astype(np.float32),
        "magnitude": rng.uniform(50, 100, (5, 4, 3, 3)).astype(np.float32),
        "reliability": rng.uniform(0, 1, (5, 4, 3, 3)).astype(np.float32),
    }
    mask = rng.random((5, 4, 3)) < 0.8
    ports = {
        name: [write_nifti(f"{name}-{n}.nii", volume[..., n]) for n in range(3)] for name, volume in volumes.items()
    }
    facts = {"echo_times": TIMES, "field_strength": 7.0, "least_reliability": 0.3}
    outputs = ReliableEchoes(**ports, mask=write_nifti("mask.nii", mask), **facts).run(cwd=str(tmp_path)).outputs
    expected = reliable_echoes(**volumes, mask=mask, **facts)
    np.testing.assert_array_equal(nib.load(outputs.field_total).get_fdata(), expected)


def test_the_registry_knows_it_by_its_file_name():
    assert FIELD_MAPPINGS["reliable_echoes"] is ReliableEchoes
