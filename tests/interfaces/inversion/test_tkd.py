import nibabel as nib
import numpy as np
from inversions import ball

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.interfaces.inversion.tkd import TKD
from nipype_qsm.kernels.inversion.tkd import tkd


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    field, mask, _ = ball()
    affine = oblique_affine((1.0, 1.0, 1.5))
    node = TKD(
        field_local=write_nifti("field.nii", field, affine),
        mask=write_nifti("mask.nii", mask, affine),
        threshold=0.2,
        pad=4,
    )
    outputs = node.run().outputs
    result = tkd(field, mask, Grid.from_affine(mask.shape, affine), threshold=0.2, pad=4)
    chi = result
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), chi, atol=1e-5)


def test_the_registry_knows_it_by_its_file_name():
    assert INVERSIONS["tkd"] is TKD


def test_a_given_b0_direction_wins_over_the_affine(tmp_path, monkeypatch, write_nifti):
    monkeypatch.chdir(tmp_path)
    field, mask, _ = ball()
    files = {"field_local": write_nifti("f.nii", field), "mask": write_nifti("m.nii", mask)}
    outputs = TKD(**files, b0_direction=[1.0, 0.0, 0.0], pad=4).run().outputs
    grid = Grid(mask.shape, (1.0, 1.0, 1.0), (1.0, 0.0, 0.0))
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), tkd(field, mask, grid, pad=4), atol=1e-5)
