import json

import nibabel as nib
import numpy as np
import pytest
from voxel_cohort import AFFINE, VoxelCohort

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort import MakeVoxelDesign, Voxelwise, WriteVoxelMaps
from nipype_qsm.io import read_json
from nipype_qsm.kernels.cohort.voxel_design import voxel_design
from nipype_qsm.kernels.cohort.voxelwise import voxelwise
from nipype_qsm.map_store import MapStore
from nipype_qsm.tables import read_rows


@pytest.fixture
def cohort(tmp_path, rng):
    return VoxelCohort(tmp_path, rng)


@pytest.fixture
def given(cohort, tmp_path):
    """Give the inputs of the last step: parts in the wrong order, and voxels that too few subjects have."""
    store = MapStore.open(cohort.path)
    tables = cohort.tables() | cohort.genetics()
    design = MakeVoxelDesign(**tables).run(cwd=str(tmp_path)).outputs.design
    ranges, found = [[100, store.n_voxels], [0, 100]], []
    for k, voxels in enumerate(ranges):
        folder = tmp_path / f"part{k}"
        folder.mkdir()
        found.append(
            Voxelwise(store=str(cohort.path), design=design, voxels=voxels, min_subjects=143)
            .run(cwd=str(folder))
            .outputs
        )
    return {
        "store": str(cohort.path),
        "design": design,
        "ranges": ranges,
        "part": [one.part for one in found],
        "means": [one.means for one in found],
        "n_outliers": [one.n_outliers for one in found],
    }


def test_maps_hold_every_voxel_in_its_place(cohort, given, tmp_path):
    made = WriteVoxelMaps(**given, folder=str(tmp_path / "out")).run(cwd=str(tmp_path)).outputs
    columns = np.stack([MapStore.open(cohort.path).vector(volume) for volume in cohort.steps])
    tables = (cohort.phenotypes, cohort.confounds, cohort.dosages, cohort.components)
    store = MapStore.open(cohort.path)
    expected = voxelwise(columns, voxel_design(*tables), min_subjects=143)
    assert 0 < (expected.reason[0] != 0).sum() < 100  # 47
    names = ["planted", "nothing-2.0", "rs1_A"]
    assert len(made.maps) == 9
    for k, name in enumerate(names):
        for key in ("r", "mlog10p", "n"):
            image = nib.load(tmp_path / "out" / f"{name}_{key}.nii.gz")
            np.testing.assert_array_equal(image.affine, AFFINE)
            volume = image.get_fdata()
            assert (volume[~cohort.mask] == 0).all()
            there = np.where(expected.reason[k] == 0, getattr(expected, key)[k], 0)
            np.testing.assert_allclose(store.vector(volume), there, rtol=2e-4, atol=1e-5)
    facts = json.loads((tmp_path / "out" / "rs1_A_mlog10p.json").read_text())
    assert (facts["Variable"], facts["Units"], facts["Subjects"]) == ("rs1_A", "-log10 P", 150)
    average = nib.load(made.average).get_fdata()
    np.testing.assert_allclose(store.vector(average), expected.means * 0.1, atol=1e-4)


def test_the_summary_finds_the_planted_region_and_nothing_else(cohort, given, tmp_path):
    made = WriteVoxelMaps(**given).run(cwd=str(tmp_path)).outputs
    planted, nothing, variant = read_rows(made.summary)
    image = nib.load(tmp_path / "planted_n.nii.gz").get_fdata()
    there = int((cohort.planted & (image > 0)).sum())
    assert planted["n_fdr"] >= there >= 8
    assert planted["n_bonferroni"] == there
    assert planted["left_out"].endswith("voxels: fewer subjects than required")
    assert planted["n_tests"] == (image > 0).sum()
    assert nothing["n_fdr"] == variant["n_fdr"] == 0
    assert variant["kind"] == "variant"
    assert planted["bonferroni_all_maps"] == pytest.approx(planted["bonferroni"] + np.log10(3))
    where = np.linalg.inv(AFFINE) @ [planted["peak_x_mm"], planted["peak_y_mm"], planted["peak_z_mm"], 1]
    assert cohort.planted[tuple(np.rint(where[:3]).astype(int))]
    facts = read_json(made.facts)
    assert facts["counts"]["analysed"] == 150
    assert facts["outliers"] == sum(given["n_outliers"])


def test_parts_that_do_not_hold_every_voxel_are_refused(given, tmp_path):
    first = {name: value[:1] if name in ("ranges", "part", "means") else value for name, value in given.items()}
    with pytest.raises(QSMError, match="does not hold the voxels 100"):
        WriteVoxelMaps(**first).run(cwd=str(tmp_path))
    last = {name: value[1:] if name in ("ranges", "part", "means") else value for name, value in given.items()}
    with pytest.raises(QSMError, match="end at voxel 100"):
        WriteVoxelMaps(**last).run(cwd=str(tmp_path))
