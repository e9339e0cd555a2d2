import nibabel as nib
import numpy as np
from inversions import ball

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.interfaces.inversion.tsvd import TSVD
from nipype_qsm.kernels.inversion.tsvd import tsvd


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    field, mask, _ = ball()
    affine = oblique_affine((1.0, 1.0, 1.5))
    node = TSVD(
        field_local=write_nifti("field.nii", field, affine),
        mask=write_nifti("mask.nii", mask, affine),
        threshold=0.2,
        pad=4,
    )
    outputs = node.run().outputs
    result = tsvd(field, mask, Grid.from_affine(mask.shape, affine), threshold=0.2, pad=4)
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), result, atol=1e-5)


def test_the_registry_knows_it_by_its_file_name():
    assert INVERSIONS["tsvd"] is TSVD
