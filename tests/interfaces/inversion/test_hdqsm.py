import nibabel as nib
import numpy as np
from inversions import ball

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.interfaces.inversion.hdqsm import HDQSM
from nipype_qsm.kernels.inversion.hdqsm import hdqsm


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    field, mask, chi = ball()
    affine = oblique_affine((1.0, 1.0, 1.5))
    magnitude = np.where(chi > 0, 50, 100).astype(np.float32)
    options = {"rejection": 2.0, "pad": 4, "max_iterations": 200}
    node = HDQSM(
        field_local=write_nifti("field.nii", field, affine),
        mask=write_nifti("mask.nii", mask, affine),
        magnitude_combined=write_nifti("magnitude.nii", magnitude, affine),
        **options,
    )
    outputs = node.run().outputs
    grid = Grid.from_affine(mask.shape, affine)
    result = hdqsm(field, mask, grid, magnitude_combined=magnitude, **options)
    # 1.1e-5: the file rounds the affine to single precision, and the rejection of outliers amplifies that
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), result.chi, atol=5e-5)
    assert outputs.iterations == result.iterations
    assert outputs.converged


def test_the_registry_knows_it_by_its_file_name():
    assert INVERSIONS["hdqsm"] is HDQSM
