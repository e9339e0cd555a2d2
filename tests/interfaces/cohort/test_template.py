import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from map_cohort import AFFINE, SMALL, SPACE, brain

from nipype_qsm.interfaces.cohort import Template, UnitSums
from nipype_qsm.map_store import MapStore

IDS = [f"{1000000 + k}" for k in range(12)]
AGES = np.array([50, 51, 48, 45, 60, 61, 62, 63, 76, 80, 79, 90])


@pytest.fixture
def block(rng):
    made = rng.integers(-900, 900, (12, int(brain().sum()))).astype(np.int16)
    made[rng.random(made.shape) < rng.uniform(0, 1, made.shape[1])] = MapStore.missing
    return made


@pytest.fixture
def store(in_folder, block):
    about = {"space": SPACE, "quantity": "chi_referenced", "unit": "ppb", "scale": 0.1}
    made = MapStore.create(in_folder / "store", mask=brain(), affine=AFFINE, **about, **SMALL)
    made.append(IDS, block)
    return made


@pytest.fixture
def table(save):
    return save("groups.tsv", {"age": AGES, "sex": [0, 1] * 6}, ids=IDS)


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the page, which takes longer than all else."""
    monkeypatch.setattr("nipype_qsm.reports.template.template_page", lambda *_: "")


def made(store, shares, *, min_coverage=0.5, **groups):
    sums = []
    for place, numbers in enumerate(shares):
        folder = store.path.parent / f"share{place}"
        folder.mkdir(exist_ok=True)
        sums.append(UnitSums(store=str(store.path), numbers=numbers, **groups).run(cwd=str(folder)).outputs.sums)
    return Template(store=str(store.path), sums=sums, min_coverage=min_coverage).run().outputs


def values(path, store):
    return store.vector(np.asarray(nib.load(path).dataobj)).astype(float)


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:Degrees of freedom")
def test_templates_are_numpys_over_whoever_has_the_voxel_in_ppm(store, block, table, undrawn):
    found = made(store, [[0, 1, 2]], groups=table)
    ppm = np.where(block == store.missing, np.nan, block * 1e-4)
    share = (~np.isnan(ppm)).mean(axis=0)
    enough = share >= 0.5
    assert 0.2 < enough.mean() < 0.8
    np.testing.assert_allclose(values(found.coverage, store), share, rtol=1e-6)
    np.testing.assert_allclose(values(found.average, store)[enough], np.nanmean(ppm, axis=0)[enough], rtol=1e-5)
    np.testing.assert_allclose(values(found.variance, store)[enough], np.nanvar(ppm, 0, ddof=1)[enough], rtol=1e-5)
    assert np.all(values(found.average, store)[~enough] == 0)


def test_ageing_is_old_minus_young(store, block, table, undrawn):
    found = made(store, [[0, 1, 2]], groups=table, min_coverage=0.0)
    ppm = np.where(block == store.missing, np.nan, block * 1e-4)
    both = ~(np.isnan(ppm[:4]).all(axis=0) | np.isnan(ppm[8:]).all(axis=0))
    expected = np.nanmean(ppm[8:][:, both], axis=0) - np.nanmean(ppm[:4][:, both], axis=0)
    np.testing.assert_allclose(values(found.ageing, store)[both], expected, rtol=1e-5, atol=1e-9)
    told = json.loads(Path(found.ageing.replace(".nii.gz", ".json")).read_text())
    assert told["Description"] == "mean of those older than 75 minus mean of those younger than 52"
    assert (told["SubjectsOld"], told["SubjectsYoung"], told["Units"]) == (4, 4, "ppm")


def test_how_units_were_shared_out_changes_no_bit(store, table, undrawn):
    one = made(store, [[0, 1, 2]], groups=table, by="sex")
    first = {port: nib.load(getattr(one, port)).get_fdata() for port in ("average", "variance", "coverage", "ageing")}
    other = made(store, [[2], [0, 1]], groups=table, by="sex")
    for port, volume in first.items():
        np.testing.assert_array_equal(nib.load(getattr(other, port)).get_fdata(), volume)


def test_each_level_has_its_average(store, block, table, undrawn):
    found = made(store, [[0, 1, 2]], groups=table, by="sex", min_coverage=0.0)
    names = [path.rpartition("/")[2] for path in found.averages]
    assert names == [f"average_{g}.nii.gz" for g in ("young", "old", "sex-0", "sex-1")]
    ppm = np.where(block == store.missing, np.nan, block * 1e-4)[1::2]
    there = ~np.isnan(ppm).all(axis=0)
    np.testing.assert_allclose(values(found.averages[3], store)[there], np.nanmean(ppm[:, there], axis=0), rtol=1e-5)


def test_images_keep_grid_space_and_unit_and_the_summary_names_them(store, table):
    found = made(store, [[0, 1, 2]], groups=table)
    image = nib.load(found.average)
    np.testing.assert_array_equal(image.affine, AFFINE)
    told = json.loads(Path(found.average.replace(".nii.gz", ".json")).read_text())
    assert (told["SpatialReference"], told["Units"], told["Subjects"]) == (SPACE, "ppm", 12)
    assert told["Measured"] == "chi_referenced"
    summary = json.loads(Path(found.summary).read_text())
    assert [row["file"] for row in summary["maps"]][:3] == ["average.nii.gz", "variance.nii.gz", "coverage.nii.gz"]
    page = Path(found.report).read_text(encoding="utf-8")
    assert "old minus" not in page
    assert "Mean of those older than 75 minus mean of those younger than 52; 4 and 4 subjects." in page


def test_without_ages_there_is_no_ageing_and_an_empty_group_is_said(store, save, undrawn):
    found = made(store, [[0, 1, 2]])
    assert (str(found.ageing), str(found.averages)) == ("<undefined>", "<undefined>")
    young = save("young.tsv", {"age": np.full(12, 40)}, ids=IDS)
    with pytest.warns(UserWarning, match="No subject is in the group old"):
        found = made(store, [[0, 1, 2]], groups=young)
    assert str(found.ageing) == "<undefined>"
