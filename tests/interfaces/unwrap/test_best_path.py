import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.unwrap import UNWRAPPERS
from nipype_qsm.kernels.unwrap.best_path import best_path


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    affine = oblique_affine((0.8, 0.8, 3.0))
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in (12, 10, 8)], indexing="ij")
    phases = [np.angle(np.exp(1j * t * (0.8 * x + 0.1 * y * z))).astype(np.float32) for t in (1, 2)]
    mask = np.ones(phases[0].shape, bool)
    node = UNWRAPPERS.make(
        "best_path",
        phase=[write_nifti(f"p{n}.nii", p, affine) for n, p in enumerate(phases)],
        mask=write_nifti("mask.nii", mask, affine),
        echo_times=[0.01, 0.02],
    )
    outputs = node.run().outputs
    expected = best_path(np.stack(phases, axis=-1), mask, echo_times=[0.01, 0.02])
    for echo, path in enumerate(outputs.phase_unwrapped):
        image = nib.load(path)
        np.testing.assert_allclose(image.get_fdata(), expected[..., echo], atol=1e-5)
        np.testing.assert_allclose(image.affine, affine, atol=1e-6)
