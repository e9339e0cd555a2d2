import numpy as np
import pytest
from map_cohort import SMALL, SPACE, MapCohort

from nipype_qsm.errors import GeometryError, ImageError, QSMError, UnitsError
from nipype_qsm.interfaces.cohort import IngestPlan
from nipype_qsm.map_store import MapStore

pytestmark = pytest.mark.filterwarnings("ignore:The store keeps")


@pytest.fixture
def cohort(tmp_path, rng):
    return MapCohort(tmp_path, rng)


def planned(cohort, maps, **options):
    given = {"maps": maps, "store": str(cohort.folder / "store"), "mask": str(cohort.mask_path), **SMALL, **options}
    return IngestPlan(**given).run().outputs


def test_a_store_is_made_and_every_subject_is_planned_once(cohort):
    found = planned(cohort, [cohort.ukb()])
    store = MapStore.open(found.store)
    assert (found.n_new, found.n_known, found.numbers) == (10, 0, [0, 1, 2])
    assert [list(own) for own in store.units_folder.planned().values()] == [
        cohort.ids[:4],
        cohort.ids[4:8],
        cohort.ids[8:],
    ]
    assert (store.space, store.unit, store.scale, store.quantity) == (SPACE, "ppb", 0.1, "chi_referenced")
    np.testing.assert_array_equal(store.mask, cohort.mask)
    assert store.subjects == []


def test_the_mask_and_its_space_are_said_aloud(cohort):
    with pytest.warns(UserWarning, match=rf"keeps {int(cohort.mask.sum()):,} voxels of {SPACE}: the mask .*mask.nii"):
        planned(cohort, [cohort.ukb()])


def test_planning_again_plans_the_same_and_leaves_out_who_is_there(cohort):
    maps = [cohort.ukb()]
    assert planned(cohort, maps).numbers == planned(cohort, maps).numbers == [0, 1, 2]
    store = MapStore.open(cohort.folder / "store")
    store.write(0, cohort.ids[:4], np.zeros((4, store.n_voxels), np.int16))
    found = planned(cohort, maps)
    assert (found.n_new, found.n_known, found.numbers) == (6, 4, [1, 2])


def test_where_nothing_is_new_a_finished_unit_stands_in(cohort):
    maps = [cohort.ukb(subjects=cohort.ids[:4])]
    planned(cohort, maps)
    store = MapStore.open(cohort.folder / "store")
    store.write(0, cohort.ids[:4], np.zeros((4, store.n_voxels), np.int16))
    found = planned(cohort, maps)
    assert (found.n_new, found.numbers) == (0, [0])


def test_a_map_on_another_grid_among_many_is_told_before_anything_is_planned(cohort):
    maps = [cohort.ukb()]
    cohort.maps = cohort.maps[:, :, :-1]
    cohort.ukb(subjects=["1000007"])
    with pytest.raises(GeometryError, match=r"1000007_2.*Resample map"):
        planned(cohort, maps)
    assert MapStore.open(cohort.folder / "store").units_folder.planned() == {}


def test_a_map_without_a_unit_makes_no_store(cohort):
    for subject in cohort.ids:
        cohort.save(subject, cohort.folder / "plain" / f"sub-{subject}.nii.gz")
    with pytest.raises(UnitsError, match="Nothing says in which unit"):
        planned(cohort, [f"{cohort.folder}/plain/*"])
    assert not (cohort.folder / "store").exists()
    found = planned(cohort, [f"{cohort.folder}/plain/*"], declared_unit="ppb", space=SPACE)
    assert found.n_new == 10


def test_withdrawn_participants_and_redacted_rows_are_left_out(cohort):
    (cohort.folder / "withdrawn.csv").write_text("1000003\n")
    with pytest.warns(UserWarning, match="left out: 1"):
        found = planned(cohort, [cohort.ukb()], withdrawn=str(cohort.folder / "withdrawn.csv"))
    assert found.n_new == 9


def test_another_mask_or_quantity_than_the_stores_is_refused(cohort):
    maps = [cohort.ukb()]
    planned(cohort, maps)
    cohort.mask[7, 6, 5] = False
    other = cohort._save(cohort.mask.astype(np.uint8), cohort.folder / "other.nii.gz")
    with pytest.raises(ImageError, match="has another mask"):
        planned(cohort, maps, mask=str(other))
    for path in (cohort.folder / "results").rglob("QSM_to_MNI.*"):
        path.rename(path.with_name(path.name.replace("QSM_to_MNI", "t2star_space-template")))
    with pytest.raises(QSMError, match="is a store of chi_referenced, not of t2star"):
        planned(cohort, maps, quantity="t2star")
