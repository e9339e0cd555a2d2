import nibabel as nib
import numpy as np
import pytest
from regions_head import GRID, lopsided_head
from scipy import ndimage
from scipy.spatial.transform import Rotation

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Frame
from nipype_qsm.tables import read_rows
from nipype_qsm.transforms import flirt_from_world, save_matrix
from nipype_qsm.workflows.visits import init_visits_wf

AFFINE = np.diag([*GRID.voxel_size, 1.0])
AFFINE[:3, 3] = -(np.array(GRID.shape) - 1) / 2 * GRID.voxel_size


def moved(volume, motion, order):
    """Return what a scanner sees when the head has moved: `motion` takes the second visit's points to the first's."""
    pull = np.linalg.inv(AFFINE) @ motion @ AFFINE
    return ndimage.affine_transform(volume, pull[:3, :3], pull[:3, 3], order=order, mode="nearest")


@pytest.fixture
def two_visits(tmp_path, write_nifti):
    """The lopsided head twice: at the second visit it lies elsewhere, and its left pallidum has 20 ppb more."""
    chi, _, labels = lopsided_head(noise=0.002)
    chi = ndimage.gaussian_filter(chi, 0.7)
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_euler("xyz", (2, -1.5, 3), degrees=True).as_matrix()
    motion[:3, 3] = (2.0, -1.0, 1.5)
    later = chi + np.float32(0.02) * (labels == 13)
    brain = np.zeros(GRID.shape, bool)
    brain[2:-2, 2:-2, 2:-2] = True
    volumes = {
        "chi_first": chi,
        "chi_second": moved(later, motion, 3),
        "t2star_first": np.full(GRID.shape, 0.04, np.float32),
        "t2star_second": np.full(GRID.shape, 0.04, np.float32),
        "mask_tissue_first": brain,
        "mask_tissue_second": moved(brain.astype(np.float32), motion, 0) > 0.5,
        "labels": labels.astype(np.float32),
    }
    files = {name: write_nifti(f"{name}.nii", volume, AFFINE) for name, volume in volumes.items()}
    frame = Frame(GRID.shape, AFFINE)
    return {**files, "second_to_first": str(save_matrix(flirt_from_world(motion, frame, frame), tmp_path / "m.mat"))}


def changes(given, tmp_path, name):
    workflow = init_visits_wf(name=name)
    workflow.base_dir = tmp_path
    workflow.inputs.inputnode.trait_set(**given)
    done = {node.name: node.result.outputs for node in workflow.run().nodes()}
    rows = {row["name"]: row for row in read_rows(done["subtract_phenotypes"].changes)}
    return rows, nib.load(done["subtract_maps"].chi_change).get_fdata(), done["find_middle"]


def test_what_changed_is_found_where_it_changed(two_visits, tmp_path):
    rows, image, middle = changes(two_visits, tmp_path, "forth")
    assert rows["QSM_Left_pallidum"]["change"] == pytest.approx(20, abs=3)  # 22.3
    for name in ("QSM_Right_pallidum", "QSM_Left_putamen", "QSM_Right_thalamus"):
        assert abs(rows[name]["change"]) < 2, name  # 1.4 at most
    assert rows["T2_Left_pallidum"]["change"] == pytest.approx(0, abs=1e-3)
    assert rows["QSM_Left_pallidum"]["n_voxels_first"] == rows["QSM_Left_pallidum"]["n_voxels_second"]
    assert middle.degrees == pytest.approx(3.9, abs=0.1)
    assert image.max() < 0.05


def test_without_the_motion_the_change_would_be_wrong(two_visits, tmp_path):
    rows, image, _ = changes({k: v for k, v in two_visits.items() if k != "second_to_first"}, tmp_path, "blind")
    assert image.max() > 0.05
    assert abs(rows["QSM_Left_pallidum"]["change"] - 20) > 3


def test_what_is_not_known_is_refused_when_the_graph_is_built():
    with pytest.raises(QSMError, match="no preset 'fast'"):
        init_visits_wf("fast")
    with pytest.raises(QSMError, match="no region cortex"):
        init_visits_wf(regions=["labels", "cortex"])
