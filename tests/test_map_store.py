"""The store of maps: what comes back, what is refused, and what a fault leaves."""

import builtins
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from nipype_qsm.errors import ImageError, QSMError, ToolMissing
from nipype_qsm.map_store import MapStore

FACTS = {"space": "MNI152NLin6Asym", "quantity": "chi_referenced", "unit": "ppb", "scale": 0.1}
SMALL = {"unit_size": 8, "chunk": 64, "shard": 256}
AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])


@pytest.fixture
def mask(rng):
    return rng.random((12, 13, 11)) < 0.7


@pytest.fixture
def store(tmp_path, mask):
    return MapStore.create(tmp_path / "store", mask=mask, affine=AFFINE, **FACTS, **SMALL)


def block_of(rng, n_subjects, n_voxels):
    block = rng.integers(-32767, 32768, (n_subjects, n_voxels)).astype(np.int16)
    block[rng.random(block.shape) < 0.1] = MapStore.missing
    return block


def ids(first, last):
    return [f"{1000000 + n}" for n in range(first, last)]


@pytest.mark.parametrize("n_subjects", [1, 8, 21])
def test_what_was_appended_comes_back_in_its_order(store, rng, n_subjects):
    block = block_of(rng, n_subjects, store.n_voxels)
    store.append(ids(0, n_subjects), block)
    again = MapStore.open(store.path)
    assert again.subjects == store.subjects == ids(0, n_subjects)
    for voxels in (slice(None), slice(60, 70), slice(250, 600), slice(store.n_voxels - 3, None)):
        np.testing.assert_array_equal(again.read(voxels), block[:, voxels])
    assert again.verify() == {}


def test_a_store_keeps_what_it_was_told(store, mask):
    again = MapStore.open(store.path)
    assert {name: getattr(again, name) for name in FACTS} == FACTS
    np.testing.assert_array_equal(again.mask, mask)
    np.testing.assert_array_equal(again.affine, AFFINE)
    assert (again.n_voxels, again.unit_size, again.chunk) == (mask.sum(), 8, 64)
    assert again.subjects == []
    assert again.read(slice(5, 9)).shape == (0, 4)


def test_appending_begins_a_new_unit_and_touches_no_file_of_the_old_ones(store, rng):
    first, second = block_of(rng, 11, store.n_voxels), block_of(rng, 10, store.n_voxels)
    store.append(ids(0, 11), first)
    before = {path: path.stat().st_mtime_ns for path in store.path.rglob("c/*/*")}
    store.append(ids(11, 21), second)
    assert [len(unit.subjects) for unit in store.units] == [8, 3, 8, 2]
    np.testing.assert_array_equal(store.read(slice(None)), np.vstack([first, second]))
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_store_can_be_read_by_zarr_alone(store, rng):
    import zarr

    block = block_of(rng, 8, store.n_voxels)
    store.append(ids(0, 8), block)
    array = zarr.open_array(str(store.path / "maps.zarr"), mode="r")
    np.testing.assert_array_equal(array[:], block)
    assert (array.attrs["units"], array.attrs["scale_factor"], array.attrs["missing_value"]) == ("ppb", 0.1, -32768)


def test_a_shard_is_one_file_of_one_unit(store, rng):
    store.append(ids(0, 20), block_of(rng, 20, store.n_voxels))
    files = {path.relative_to(store.path / "maps.zarr" / "c").as_posix() for path in store.path.rglob("c/*/*")}
    n_shards = -(-store.n_voxels // 256)
    assert files == {f"{unit}/{shard}" for unit in range(3) for shard in range(n_shards)}


def test_a_vector_of_voxels_and_a_volume_are_one(store, mask, rng):
    volume = np.where(mask, rng.normal(size=mask.shape), -1)
    vector = store.vector(volume)
    np.testing.assert_array_equal(store.volume(vector, fill=-1), volume)
    np.testing.assert_array_equal(vector, volume.ravel(order="F")[mask.ravel(order="F")])
    assert np.isnan(store.volume(vector, fill=np.nan)[~mask]).all()


def test_a_subject_has_one_map(store, rng):
    block = block_of(rng, 2, store.n_voxels)
    store.append(["a", "b"], block)
    with pytest.raises(QSMError, match="b and 0 others are in"):
        store.append(["b", "c"], block)
    with pytest.raises(QSMError, match="given twice"):
        store.append(["c", "c"], block)
    assert MapStore.open(store.path).subjects == ["a", "b"]


def test_a_subject_in_two_units_is_refused_when_it_is_read(store, rng):
    store.append(ids(0, 9), block_of(rng, 9, store.n_voxels))
    path = store.path / "units" / "000001.done.json"
    path.write_text(path.read_text().replace("1000008", "1000000"))
    with pytest.raises(QSMError, match="stands in the units 0 and 1"):
        _ = MapStore.open(store.path).subjects


@pytest.mark.parametrize("kind", ["float", "voxels"])
def test_a_block_that_does_not_fit_is_refused_and_leaves_nothing(store, rng, kind):
    block = block_of(rng, 3, store.n_voxels)
    with pytest.raises(QSMError, match="A unit of 3 subjects was given"):
        store.append(ids(0, 3), block.astype(float) if kind == "float" else block[:, :-1])
    assert MapStore.open(store.path).subjects == []


def test_a_store_is_not_made_over_another_thing(store, mask):
    with pytest.raises(ImageError, match="is there already"):
        MapStore.create(store.path, mask=mask, affine=AFFINE, **FACTS)


def test_an_empty_mask_makes_no_store(tmp_path, mask):
    with pytest.raises(ImageError, match="mask of the store is empty"):
        MapStore.create(tmp_path / "store", mask=mask & False, affine=AFFINE, **FACTS)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(ImageError, match="is no store of maps"):
        MapStore.open(tmp_path)


def test_a_store_of_another_format_is_refused(store):
    path = store.path / "maps.zarr" / "zarr.json"
    told = json.loads(path.read_text())
    told["attributes"]["format"] = 2
    path.write_text(json.dumps(told))
    with pytest.raises(QSMError, match="has the format 2; this version reads 1"):
        MapStore.open(store.path)


def test_without_zarr_the_extra_is_named(store, monkeypatch):
    real = builtins.__import__
    monkeypatch.delitem(sys.modules, "zarr")

    def without(name, *arguments, **more):
        if name == "zarr":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ToolMissing, match=r"nipype_qsm\[cohort\]"):
        MapStore.open(store.path)


@pytest.mark.parametrize("fault", ["flipped bit", "cut off", "gone"])
def test_a_damaged_shard_is_found_and_named_and_its_unit_can_be_made_again(store, rng, fault):
    block = block_of(rng, 20, store.n_voxels)
    store.append(ids(0, 20), block)
    path = store.path / "maps.zarr" / "c" / "1" / "2"
    content = bytearray(path.read_bytes())
    content[100] ^= 4
    {"flipped bit": lambda: path.write_bytes(content), "cut off": lambda: os.truncate(path, 200), "gone": path.unlink}[
        fault
    ]()
    again = MapStore.open(store.path)
    assert again.verify() == {1: [f"maps.zarr/c/1/2 is {'missing' if fault == 'gone' else 'damaged'}"]}
    again.discard(1)
    again.refresh()
    assert not (store.path / "maps.zarr" / "c" / "1").exists()
    assert again.subjects == ids(0, 8) + ids(16, 20)
    again.append(ids(8, 16), block[8:16])
    np.testing.assert_array_equal(again.read(slice(None)), block[[*range(8), *range(16, 20), *range(8, 16)]])
    assert again.verify() == {}


def test_reading_a_flipped_bit_is_an_error_and_no_number(store, rng):
    store.append(ids(0, 8), block_of(rng, 8, store.n_voxels))
    path = store.path / "maps.zarr" / "c" / "0" / "0"
    content = bytearray(path.read_bytes())
    content[100] ^= 4
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"Unit 0 of .* is damaged"):
        store.read(slice(0, 64))


def test_a_full_disk_leaves_a_store_that_can_be_used_and_gone_on_with(store, rng):
    """A limit on the size of files stands in for a full disk: writing fails in the middle of a shard."""
    block = block_of(rng, 16, store.n_voxels)
    store.append(ids(0, 8), block[:8])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        with pytest.raises(ImageError, match=r"Unit 1 of .* could not be written .*  Free some space"):
            store.append(ids(8, 16), block[8:])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    again = MapStore.open(store.path)
    assert again.subjects == ids(0, 8)
    assert again.verify() == {}
    np.testing.assert_array_equal(again.read(slice(None)), block[:8])
    again.append(ids(8, 16), block[8:])
    np.testing.assert_array_equal(again.read(slice(None)), block)


KILLED = """
    import os, signal, sys
    import numpy as np
    from nipype_qsm.map_store import MapStore
    from nipype_qsm.map_matrix import Matrix

    store, block = MapStore.open(sys.argv[1]), np.load(sys.argv[2])
    real, calls = Matrix.write, []

    def write(self, unit, part):
        calls.append(unit)
        if len(calls) == 3:
            real(self, unit, part)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, unit, part)

    Matrix.write = write
    store.append([f"{1000000 + n}" for n in range(len(block))], block)
"""


def test_a_killed_process_leaves_whole_units_and_the_rest_can_follow(store, rng, tmp_path):
    block = block_of(rng, 30, store.n_voxels)
    np.save(tmp_path / "block.npy", block)
    call = [sys.executable, "-c", textwrap.dedent(KILLED), str(store.path), str(tmp_path / "block.npy")]
    assert subprocess.run(call, check=False).returncode == -signal.SIGKILL
    again = MapStore.open(store.path)
    assert again.subjects == ids(0, 16)  # the shards of the third unit are there, its marker is not
    assert len(list(store.path.glob("maps.zarr/c/2/*"))) > 0
    again.append(ids(16, 30), block[16:])
    assert sorted(again.subjects) == ids(0, 30)
    order = [again.subjects.index(subject) for subject in ids(0, 30)]
    np.testing.assert_array_equal(again.read(slice(None))[order], block)


def test_a_worker_whose_unit_was_planned_for_others_meanwhile_cannot_finish_it(store, rng):
    block = block_of(rng, 2, store.n_voxels)
    (number,) = store.plan({"a": "a.nii", "b": "b.nii"})
    assert list(store.plan({"b": "b.nii", "c": "c.nii"})) == [number]
    with pytest.raises(QSMError, match="planned for other subjects"):
        store.write(number, ["a", "b"], block)
    assert MapStore.open(store.path).subjects == []


def test_the_sums_of_a_unit_are_saved_and_belong_to_exactly_their_rows(store, rng):
    block = block_of(rng, 5, store.n_voxels)
    store.append(ids(0, 5), block)
    everyone = store.units_folder.load_sums(0, "all", np.arange(5))
    known = np.where(block == store.missing, 0, block).astype(int)
    np.testing.assert_array_equal(everyone.total, known.sum(axis=0))
    assert everyone.n_subjects == 5
    assert store.units_folder.load_sums(0, "all", np.arange(4)) is None
    assert store.units_folder.load_sums(0, "young", np.arange(5)) is None
