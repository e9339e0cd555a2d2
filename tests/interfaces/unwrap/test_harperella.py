import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.unwrap.harperella import HARPERELLA
from nipype_qsm.kernels.unwrap.harperella import harperella


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, rng, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    affine = oblique_affine((0.8, 0.8, 3.0))
    phase = rng.uniform(-3, 3, (9, 8, 7, 2)).astype(np.float32)
    mask = np.pad(np.ones((7, 6, 5), bool), 1)
    node = HARPERELLA(
        phase=[write_nifti(f"p{echo}.nii", phase[..., echo], affine) for echo in range(2)],
        mask=write_nifti("mask.nii", mask, affine),
    )
    outputs = node.run().outputs
    grid = Grid.from_affine(mask.shape, affine)
    expected = harperella(phase, mask, grid).phase_unwrapped
    for echo, path in enumerate(outputs.phase_unwrapped):
        np.testing.assert_allclose(nib.load(path).get_fdata(), expected[..., echo], atol=1e-4)
