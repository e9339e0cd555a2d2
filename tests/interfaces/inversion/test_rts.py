import nibabel as nib
import numpy as np
from inversions import ball

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.interfaces.inversion.rts import RTS
from nipype_qsm.kernels.inversion.rts import rts


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    field, mask, _ = ball()
    affine = oblique_affine((1.0, 1.0, 1.5))
    node = RTS(
        field_local=write_nifti("field.nii", field, affine),
        mask=write_nifti("mask.nii", mask, affine),
        first_iterations=3,
        pad=4,
    )
    outputs = node.run().outputs
    result = rts(field, mask, Grid.from_affine(mask.shape, affine), first_iterations=3, pad=4)
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), result.chi, atol=1e-5)
    assert outputs.iterations == result.iterations
    assert outputs.converged


def test_the_registry_knows_it_by_its_file_name():
    assert INVERSIONS["rts"] is RTS
