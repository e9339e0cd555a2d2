"""The graph of susceptibility-weighted images, run on a small head with a vein."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.workflows.swi import init_swi_wf

SHAPE, AFFINE = (32, 30, 9), np.diag([0.8, 0.8, 3.0, 1.0])


@pytest.mark.parametrize("contrast", ["swi", "clear_swi"])
def test_the_projection_holds_a_vein_that_its_slice_does_not(contrast, write_nifti, tmp_path):
    x, y, z = np.meshgrid(*(np.arange(n) - n // 2 for n in SHAPE), indexing="ij")
    mask = x**2 / 14**2 + y**2 / 13**2 + z**2 / 5**2 < 1
    vein = mask & (np.abs(x) < 2) & (z == 2)
    field = 0.05 * x + 1.2 * vein
    workflow = init_swi_wf(contrast, window=12, n_slices=5)
    workflow.base_dir = str(tmp_path)
    given = workflow.inputs.inputnode
    given.phase = [write_nifti(f"p{k}.nii", np.angle(np.exp(1j * k * field)), AFFINE) for k in (1, 2)]
    given.magnitude = [write_nifti(f"m{k}.nii", 100.0 * mask, AFFINE) for k in (1, 2)]
    given.mask = write_nifti("mask.nii", mask, AFFINE)
    given.echo_times = [0.01, 0.02]
    nodes = {node.name: node.result.outputs for node in workflow.run().nodes()}
    image = nib.load(nodes["weight_magnitude"].swi).get_fdata()
    projected = nib.load(nodes["project_minimum"].swi_minimum).get_fdata()
    assert ("filter_phase" in nodes) == (contrast == "swi")
    here, beside = (16, slice(12, 18), 4), (24, slice(12, 18), 4)
    assert image[here].mean() > 0.8 * image[beside].mean()  # measured 1.00 and 1.11
    assert projected[here].mean() < 0.5 * projected[beside].mean()  # measured 0.21 and 0.01
