import nibabel as nib
import numpy as np
import pytest
from inversions import ball

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.interfaces.inversion.medi import MEDI
from nipype_qsm.kernels.inversion.medi import medi
from nipype_qsm.workflows.qsm import init_qsm_wf


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    field, mask, chi = ball()
    affine = oblique_affine((1.0, 1.0, 1.5))
    magnitude = np.where(chi > 0, 50, 100).astype(np.float32)
    reference = mask & (np.arange(mask.shape[0]) < 6)[:, None, None]
    node = MEDI(
        field_local=write_nifti("field.nii", field, affine),
        mask=write_nifti("mask.nii", mask, affine),
        magnitude_combined=write_nifti("magnitude.nii", magnitude, affine),
        mask_reference=write_nifti("reference.nii", reference, affine),
        tolerance=0.3,
        pad=4,
    )
    outputs = node.run().outputs
    grid = Grid.from_affine(mask.shape, affine)
    result = medi(field, mask, grid, magnitude_combined=magnitude, mask_reference=reference, tolerance=0.3, pad=4)
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), result.chi, atol=1e-5)
    assert outputs.iterations == result.iterations
    assert outputs.converged


def test_the_registry_knows_it_by_its_file_name():
    assert INVERSIONS["medi"] is MEDI


@pytest.mark.parametrize("ventricles", [None, "ventricles"])
def test_in_the_whole_the_reference_region_reaches_it_given_or_found(ventricles):
    workflow = init_qsm_wf("best", inversion="medi", ventricles=ventricles)
    sources = [
        source.name
        for source, target, data in workflow._graph.edges(data=True)
        for _, port in data["connect"]
        if target.name == "inversion_wf" and port == "inputnode.mask_reference"
    ]
    assert sources == ["find_ventricles" if ventricles else "inputnode"]
