import numpy as np
import pytest
from voxel_cohort import VoxelCohort

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort import MakeVoxelDesign, Voxelwise
from nipype_qsm.interfaces.cohort import voxelwise as module
from nipype_qsm.interfaces.cohort.voxel_design import loaded
from nipype_qsm.interfaces.cohort.voxelwise import steps_of
from nipype_qsm.kernels.cohort.voxel_design import voxel_design
from nipype_qsm.kernels.cohort.voxelwise import voxelwise
from nipype_qsm.map_store import MapStore


@pytest.fixture
def cohort(tmp_path, rng):
    return VoxelCohort(tmp_path, rng)


@pytest.fixture
def design(cohort, tmp_path):
    return MakeVoxelDesign(**cohort.tables()).run(cwd=str(tmp_path)).outputs.design


def test_a_stretch_of_a_store_is_the_kernel_on_its_columns(cohort, design, tmp_path, monkeypatch):
    expected = voxelwise(cohort.columns[:, 100:230], voxel_design(cohort.phenotypes, cohort.confounds), factor=4.0)
    for limit in (1e9, 2 * 150 * 50):  # all at once, or 50 voxels at a time
        monkeypatch.setattr(module, "MOST_BYTES", limit)
        node = Voxelwise(store=str(cohort.path), design=design, voxels=[100, 230], factor=4.0)
        made = node.run(cwd=str(tmp_path)).outputs
        part = np.load(made.part)
        assert part.shape == (2, 130)
        for name in ("r", "n", "mlog10p", "reason"):
            np.testing.assert_allclose(part[name], getattr(expected, name), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(np.load(made.means), expected.means, rtol=1e-6)
        assert made.n_outliers == expected.n_outliers.sum() > 0


def test_steps_are_joined_by_id(cohort):
    store, some = MapStore.open(cohort.path), [cohort.ids[k] for k in (140, 3, 70)]
    found = steps_of(store, slice(7, 90), some)
    np.testing.assert_array_equal(found.astype(int) - 32768, cohort.columns[[140, 3, 70], 7:90].T)


def test_a_subject_who_left_the_store_is_missed(cohort, design):
    _, facts = loaded(design)
    with pytest.raises(QSMError, match="1 subjects of the design are not in"):
        steps_of(MapStore.open(cohort.path), slice(0, 10), [*facts["subjects"], "999"])
