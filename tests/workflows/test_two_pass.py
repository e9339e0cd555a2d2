"""Two passes: fewer streaks around a strong source, and the source stays."""

import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.workflows.qsm import init_qsm_wf
from nipype_qsm.workflows.two_pass import init_two_pass_wf


def test_the_streaks_of_a_calcification_fade_and_it_stays(write_nifti, tmp_path, rng):
    x, y, z = np.meshgrid(*[np.arange(-18, 18) + 0.5] * 3, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    mask = radius < 15
    truth = 0.03 * (np.hypot(x - 6, y) < 3) * mask
    truth[17:19, 17:19, 17:19] = -2
    grid = Grid(truth.shape, (1.0, 1.0, 1.0), (0, 0, 1))
    field = dipole_field(truth.astype(np.float32), grid)
    field += (0.002 * rng.standard_normal(field.shape)).astype(np.float32)
    strong = ("tkd", {"threshold": 0.1})
    chi = tkd(field * mask, mask, grid, threshold=0.1)
    workflow = init_two_pass_wf(("lbv", {}), strong)
    workflow.base_dir = str(tmp_path)
    given = {"chi": chi, "field_total": field, "mask": mask}
    for port, volume in given.items():
        setattr(workflow.inputs.inputnode, port, write_nifti(f"{port}.nii", volume))
    done = workflow.run()
    (merge,) = (node for node in done.nodes() if node.name == "merge_passes")
    merged = nib.load(merge.result.outputs.chi).get_fdata()
    near = (radius > 4) & (radius < 10)
    before, after = (np.std((volume - truth)[near]) for volume in (chi, merged))
    assert after < 0.75 * before  # measured 0.67 times
    assert merged[17:19, 17:19, 17:19].mean() < -0.8  # measured -1.81


def test_the_whole_takes_a_second_pass_where_it_is_asked_for():
    names = {name.rpartition(".")[2] for name in init_qsm_wf("best", two_pass=True).list_node_names()}
    assert {"find_strong_sources", "merge_passes"} <= names
    assert "find_strong_sources" not in {n.rpartition(".")[2] for n in init_qsm_wf("best").list_node_names()}
