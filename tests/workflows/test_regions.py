import numpy as np
import pytest
from regions_head import GRID, lopsided_head

from nipype_qsm.errors import QSMError
from nipype_qsm.tables import read_rows
from nipype_qsm.workflows.regions import init_regions_wf


@pytest.fixture
def maps(write_nifti):
    chi, mask, labels = lopsided_head()
    affine = np.diag([*GRID.voxel_size, 1.0])
    nigra = np.zeros(GRID.shape, np.float32)
    nigra[10:14, 14:18, 8:12] = 1
    t2star = np.full(GRID.shape, 0.04, np.float32)
    volumes = {"chi_referenced": chi, "t2star": t2star, "mask_tissue": mask, "labels": labels, "nigra_left": nigra}
    return {name: write_nifti(f"{name}.nii", volume, affine) for name, volume in volumes.items()}


def values(workflow, tmp_path):
    workflow.base_dir = tmp_path / "work"
    result = workflow.run()
    done = {node.name: node.result.outputs for node in result.nodes()}
    return {row["name"]: row["value"] for row in read_rows(done["write"].idps)}, done["write"].idp_files


def test_one_grid_gives_the_phenotypes(maps, tmp_path):
    workflow = init_regions_wf("ukb")
    workflow.inputs.inputnode.trait_set(**maps)
    found, files = values(workflow, tmp_path)
    assert found["QSM_Left_putamen"] == pytest.approx(40, abs=2)
    assert found["T2_Left_SN"] == pytest.approx(40, abs=1e-4)
    assert np.isnan(found["QSM_WMH"])
    assert len(files) == 4


def test_the_nigra_can_be_measured_on_a_templates_grid(maps, tmp_path, write_nifti):
    workflow = init_regions_wf(nigra_in_template=True)
    chi = write_nifti("template.nii", np.full(GRID.shape, 0.123, np.float32), np.diag([*GRID.voxel_size, 1.0]))
    given = {**maps, "chi_template": chi, "t2star_template": maps["t2star"]}
    workflow.inputs.inputnode.trait_set(**given)
    found, _ = values(workflow, tmp_path)
    assert found["QSM_Left_SN"] == pytest.approx(123, abs=0.01)
    assert found["QSM_Left_putamen"] == pytest.approx(40, abs=2)


def test_an_unknown_preset_is_refused():
    with pytest.raises(QSMError, match="Choose one of: ukb, best"):
        init_regions_wf("fast")
