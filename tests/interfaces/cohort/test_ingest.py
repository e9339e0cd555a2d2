import os

import numpy as np
import pytest
from map_cohort import SMALL, SPACE, MapCohort

from nipype_qsm.errors import ImageError, QSMError, UnitsError
from nipype_qsm.interfaces.cohort import Ingest, IngestPlan
from nipype_qsm.map_store import MapStore

pytestmark = pytest.mark.filterwarnings("ignore:The store keeps")


@pytest.fixture
def cohort(tmp_path, rng):
    return MapCohort(tmp_path, rng)


def planned(cohort, maps, **options):
    given = {"store": str(cohort.folder / "store"), "mask": str(cohort.mask_path), **SMALL, **options}
    return IngestPlan(maps=maps, **given).run().outputs


def ingested(cohort, maps, plan=None, **options):
    found = planned(cohort, maps, **(plan or {}))
    for number in found.numbers:
        Ingest(store=found.store, number=number, **options).run()
    return MapStore.open(found.store)


def stored(cohort, store):
    """Return the store's rows in ppb, in the cohort's order of subjects and numpy's order of voxels."""
    block = store.read(slice(None))[[store.subjects.index(subject) for subject in cohort.ids]]
    values = np.where(block == store.missing, np.nan, block * store.scale)
    return np.array([store.volume(row, fill=np.nan)[cohort.mask] for row in values])


@pytest.mark.parametrize("kind", ["ukb", "bids"])
def test_maps_of_both_conventions_become_rows_within_half_a_step(cohort, kind):
    store = ingested(cohort, [getattr(cohort, kind)()])
    found = stored(cohort, store)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(cohort.known))
    assert np.nanmax(np.abs(found - cohort.known)) <= 0.0501  # 0.05 and the rounding of ppm in single precision
    assert store.verify() == {}


def test_integers_with_a_header_scale_are_read_as_they_mean(cohort):
    import nibabel as nib

    for subject, volume in zip(cohort.ids, cohort.maps, strict=True):
        image = nib.Nifti1Image(np.rint(volume / 0.25).astype(np.int16), np.diag([1.0, 1, 1, 1]))
        image.header.set_slope_inter(0.25, 0)
        image.set_sform(nib.load(cohort.mask_path).affine, 1)
        path = cohort.folder / "results" / f"{subject}_2" / "QSM_to_MNI.nii.gz"
        path.parent.mkdir(parents=True)
        nib.save(image, path)
    store = ingested(cohort, [str(cohort.folder / "results")], {"space": SPACE}, space=SPACE)
    assert np.nanmax(np.abs(stored(cohort, store) - cohort.known)) < 0.176  # half of 0.25 and half a step


def test_a_finished_unit_is_left_alone_and_new_subjects_begin_another(cohort):
    store = ingested(cohort, [cohort.ukb(subjects=cohort.ids[:6])])
    before = {path: path.stat().st_mtime_ns for path in store.path.rglob("c/*/*")}
    again = ingested(cohort, [cohort.ukb()])
    assert again.subjects == cohort.ids
    assert [len(unit.subjects) for unit in again.units] == [4, 2, 4]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert np.nanmax(np.abs(stored(cohort, again) - cohort.known)) <= 0.0501


def test_a_run_that_stops_at_a_truncated_file_goes_on_when_that_is_mended(cohort):
    maps = [cohort.ukb()]
    path = next((cohort.folder / "results" / "1000005_2").rglob("*.nii.gz"))
    whole = path.read_bytes()
    os.truncate(path, len(whole) // 2)
    with pytest.raises(ImageError, match=r"1000005_2.* truncated or damaged"):
        ingested(cohort, maps)
    assert MapStore.open(cohort.folder / "store").subjects == cohort.ids[:4]
    path.write_bytes(whole)
    assert sorted(ingested(cohort, maps).subjects) == cohort.ids


def test_a_run_goes_on_without_a_file_that_cannot_be_mended(cohort):
    top = cohort.ukb()
    path = next((cohort.folder / "results" / "1000005_2").rglob("*.nii.gz"))
    os.truncate(path, 300)
    with pytest.raises(ImageError):
        ingested(cohort, [top])
    path.unlink()
    store = ingested(cohort, [top])
    assert sorted(store.subjects) == [subject for subject in cohort.ids if subject != "1000005"]
    assert store.verify() == {}


def test_values_beyond_16_bits_are_missing_counted_and_said(cohort):
    inside = tuple(np.argwhere(cohort.mask)[50])
    cohort.maps[3][inside] = 5000
    cohort.maps[2][inside] = -3276.8
    with pytest.warns(UserWarning, match=r"2 voxels of 2 maps are beyond 3276.7 ppb: missing"):
        store = ingested(cohort, [cohort.ukb()])
    assert store.units[0].notes["beyond"] == {"1000002": 1, "1000003": 1}
    assert np.isnan(stored(cohort, store)[[2, 3], np.flatnonzero(np.flatnonzero(cohort.mask) == np.ravel_multi_index(
        inside, cohort.mask.shape))[0]]).all()  # fmt: skip


@pytest.mark.parametrize(("factor", "message"), [(1e3, "lies within -30000 to 30000"), (1e-3, "less than 20 steps")])
def test_a_unit_that_was_declared_wrong_is_refused(cohort, factor, message):
    cohort.maps *= np.float32(factor)
    with pytest.raises(UnitsError, match=message):
        ingested(cohort, [cohort.ukb()])


def test_a_map_without_a_value_in_the_brain_is_refused(cohort):
    cohort.maps[1] = 0
    with pytest.raises(ImageError, match=r"1000001_2.* has no value inside the store's mask"):
        ingested(cohort, [cohort.ukb()])


def test_zeros_can_be_values(cohort):
    store = ingested(cohort, [cohort.ukb()], keep_zeros=True)
    found = stored(cohort, store)
    assert not np.isnan(found).any()
    np.testing.assert_array_equal(found == 0, np.abs(np.nan_to_num(cohort.known)) < 0.05)


def test_a_unit_that_nobody_planned_is_refused(cohort):
    store = planned(cohort, [cohort.ukb()]).store
    with pytest.raises(QSMError, match=r"Unit 9 of .* is not planned"):
        Ingest(store=store, number=9).run()


def test_t2star_is_kept_in_milliseconds(cohort):
    cohort.maps = np.abs(cohort.maps) / 1000
    for subject in cohort.ids:
        name = f"sub-{subject}_space-MNI152NLin6Asym_T2starmap.nii.gz"
        cohort.save(subject, cohort.folder / "bids" / f"sub-{subject}" / name)
    store = ingested(cohort, [str(cohort.folder / "bids")], {"quantity": "t2star"})
    assert (store.quantity, store.unit, store.scale) == ("t2star", "ms", 0.1)
    assert np.nanmax(np.abs(stored(cohort, store) - cohort.known * 1000)) <= 0.0501


def test_sums_of_groups_are_taken_while_the_maps_are_in_memory(cohort):
    store = ingested(cohort, [cohort.ukb()], groups=str(cohort.table))
    young = np.flatnonzero(cohort.ages[:4] < 52)
    sums = store.units_folder.load_sums(0, "young", young)
    block = store.read(slice(None))[young].astype(int)
    np.testing.assert_array_equal(sums.total, np.where(block == store.missing, 0, block).sum(axis=0))
