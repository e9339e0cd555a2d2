import nibabel as nib
import numpy as np
from inversions import ball

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.interfaces.inversion.tv import TV
from nipype_qsm.kernels.inversion.tv import tv


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    field, mask, _ = ball()
    affine = oblique_affine((1.0, 1.0, 1.5))
    node = TV(
        field_local=write_nifti("field.nii", field, affine),
        mask=write_nifti("mask.nii", mask, affine),
        regularisation=0.3,
        pad=4,
        max_iterations=200,
    )
    outputs = node.run().outputs
    result = tv(field, mask, Grid.from_affine(mask.shape, affine), regularisation=0.3, pad=4, max_iterations=200)
    chi = result.chi
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), chi, atol=1e-5)
    assert outputs.iterations == result.iterations
    assert outputs.converged


def test_the_registry_knows_it_by_its_file_name():
    assert INVERSIONS["tv"] is TV


def test_a_magnitude_changes_the_map(tmp_path, monkeypatch, write_nifti):
    monkeypatch.chdir(tmp_path)
    field, mask, chi = ball()
    files = {"field_local": write_nifti("f.nii", field), "mask": write_nifti("m.nii", mask)}
    magnitude = write_nifti("magnitude.nii", np.where(chi > 0, 50, 100).astype(np.float32))
    maps = [
        nib.load(TV(**files, pad=4, **more).run().outputs.chi).get_fdata()
        for more in ({}, {"magnitude_combined": magnitude})
    ]
    assert np.abs(maps[0] - maps[1]).max() > 1e-3
