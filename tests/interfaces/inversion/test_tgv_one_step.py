import nibabel as nib
import numpy as np
from inversions import ball

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.interfaces.inversion.tgv_one_step import TGVOneStep
from nipype_qsm.kernels.inversion.tgv_one_step import tgv_one_step
from nipype_qsm.workflows.qsm import init_qsm_wf


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    field, mask, _ = ball()
    affine = oblique_affine((1.0, 1.0, 1.5))
    facts = {"echo_times": [0.01, 0.02], "field_strength": 3.0}
    phase = np.stack([8 * field, 16 * field], axis=-1)
    node = TGVOneStep(
        phase=[write_nifti(f"p{echo}.nii", phase[..., echo], affine) for echo in range(2)],
        mask=write_nifti("mask.nii", mask, affine),
        pad=4,
        **facts,
    )
    outputs = node.run().outputs
    # The affine as it was stored, in single precision: the iteration makes more of a difference in the direction of B0.
    grid = Grid.from_affine(mask.shape, nib.load(node.inputs.mask).affine)
    result = tgv_one_step(phase, mask, grid, pad=4, **facts)
    np.testing.assert_allclose(nib.load(outputs.chi).get_fdata(), result.chi, atol=1e-5)
    assert outputs.iterations == result.iterations


def test_the_registry_knows_it_by_its_file_name():
    assert INVERSIONS["tgv_one_step"] is TGVOneStep


def test_in_the_whole_it_takes_the_combined_phase_and_not_the_field():
    workflow = init_qsm_wf("best", inversion="tgv_one_step")
    edges = workflow.get_node("inversion_wf")._graph.edges(data=True)
    taken = {port for _, target, data in edges if target.name == "invert" for _, port in data["connect"]}
    assert taken >= {"phase", "mask", "magnitude", "echo_times", "field_strength"}
    assert "field_local" not in taken
