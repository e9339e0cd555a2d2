import numpy as np
import pandas as pd
import pytest
from map_cohort import AFFINE, SMALL, SPACE, brain

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort import UnitSums
from nipype_qsm.interfaces.cohort import unit_sums as module
from nipype_qsm.interfaces.cohort.unit_sums import groups_in, load
from nipype_qsm.map_store import MapStore

IDS = [f"{1000000 + k}" for k in range(10)]


@pytest.fixture
def block(rng):
    made = rng.integers(-900, 900, (10, int(brain().sum()))).astype(np.int16)
    made[rng.random(made.shape) < 0.1] = MapStore.missing
    return made


@pytest.fixture
def store(in_folder, block):
    about = {"space": SPACE, "quantity": "chi_referenced", "unit": "ppb", "scale": 0.1}
    made = MapStore.create(in_folder / "store", mask=brain(), affine=AFFINE, **about, **SMALL)
    made.append(IDS, block)
    return made


@pytest.fixture
def table(save):
    ages = [50, 51, 52, 75, 76, 80, np.nan, 60, 40, 90]
    return save("groups.tsv", {"age": ages, "sex": [0, 1] * 5, "site": list("aabbaabbab")}, ids=IDS)


def summed(store, **options):
    return UnitSums(store=str(store.path), numbers=[0, 1, 2], **options).run().outputs.sums


def expected(block, rows):
    known = block[rows] != MapStore.missing
    return known.sum(axis=0), np.where(known, block[rows].astype(int), 0).sum(axis=0)


def require(path, group, block, rows):
    sums, (known, total) = load(path, group), expected(block, rows)
    np.testing.assert_array_equal(sums.known, known)
    np.testing.assert_array_equal(sums.total, total)
    assert sums.n_subjects == len(rows)


def test_everyone_the_young_the_old_and_each_level_are_added_up(store, block, table):
    path = summed(store, groups=table, by="sex")
    assert groups_in(path) == ["all", "young", "old", "sex-0", "sex-1"]
    rows = {"all": range(10), "young": [0, 1, 8], "old": [4, 5, 9], "sex-0": range(0, 10, 2), "sex-1": range(1, 10, 2)}
    for group, own in rows.items():
        require(path, group, block, list(own))


def test_what_was_summed_at_ingest_is_not_read_again(store, block, table, monkeypatch):
    reads = []
    real = MapStore.read
    monkeypatch.setattr(MapStore, "read", lambda self, *a, **k: reads.append(a) or real(self, *a, **k))
    require(summed(store), "all", block, range(10))
    assert reads == []
    withdrawn = store.path.parent / "withdrawn.txt"
    withdrawn.write_text("1000005\n")
    require(summed(store, withdrawn=str(withdrawn)), "all", block, [k for k in range(10) if k != 5])
    assert {units[0].number for _, units in reads} == {1}  # only the unit of who left is read


@pytest.mark.parametrize("shard", [100, 10**6])
def test_reading_in_stretches_gives_the_same(store, block, table, monkeypatch, shard):
    monkeypatch.setattr(module, "SHARD", shard)
    require(summed(store, groups=table), "young", block, [0, 1, 8])


def test_subjects_whom_the_table_lacks_are_in_everyone_alone(store, block, save):
    path = save("few.tsv", {"site": ["x", "y"]}, ids=[IDS[2], "999"])
    found = summed(store, groups=path, by="site")
    require(found, "all", block, range(10))
    require(found, "site-x", block, [2])
    require(found, "site-y", block, [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "centre"}, "has no column centre"),
        ({"age": "years"}, "has no column years, and none to split by"),
        ({"young": 80.0}, "Young is below 80, old above 75"),
        ({"by": "head"}, "Column head of .* has 13 levels"),
    ],
)
def test_groups_that_cannot_be_made_are_told(store, table, save, options, message):
    frame = pd.read_csv(table, sep="\t")
    wide = pd.concat([frame, pd.DataFrame({"eid": range(3), "head": np.nan})]).assign(head=np.arange(13) / 7)
    path = save("wide.tsv", wide.to_dict("list"))
    with pytest.raises(QSMError, match=message):
        summed(store, groups=path, **options)


def test_a_column_without_a_table_is_told(store):
    with pytest.raises(QSMError, match="no table with the column sex"):
        summed(store, by="sex")


def test_a_unit_that_is_not_there_is_told(store):
    with pytest.raises(QSMError, match=r"Unit 7 of .* is not there"):
        UnitSums(store=str(store.path), numbers=[7]).run()
