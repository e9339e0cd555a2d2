"""`nipype-qsm cohort` on maps."""

import numpy as np
import pytest

from nipype_qsm.cli.main import main
from nipype_qsm.map_store import MapStore


@pytest.fixture
def store(tmp_path, rng):
    made = MapStore.create(
        tmp_path / "chi.store",
        mask=np.ones((6, 5, 4), bool),
        affine=np.eye(4),
        space="MNI152NLin6Asym",
        quantity="chi_referenced",
        unit="ppb",
        scale=0.1,
        unit_size=4,
        chunk=32,
        shard=64,
    )
    made.append([f"{1000000 + n}" for n in range(10)], rng.integers(-900, 900, (10, 120)).astype(np.int16))
    return made


def test_a_whole_store_is_said_to_be_whole(store, capsys):
    assert main(["cohort", "check", str(store.path)]) == 0
    assert capsys.readouterr().out == (
        "10 subjects in 3 units; chi_referenced in ppb, MNI152NLin6Asym\nevery file is whole\n"
    )


def test_a_damaged_unit_is_named_and_can_be_taken_out(store, capsys):
    path = store.path / "maps.zarr" / "c" / "1" / "0"
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["cohort", "check", str(store.path)]) == 1
    assert "unit 1 (4 subjects from 1000004): maps.zarr/c/1/0 is damaged" in capsys.readouterr().out
    assert len(MapStore.open(store.path).subjects) == 10
    assert main(["cohort", "check", str(store.path), "--discard"]) == 1
    assert MapStore.open(store.path).subjects == [f"{1000000 + n}" for n in (*range(4), 8, 9)]
    assert main(["cohort", "check", str(store.path)]) == 0


def test_what_is_no_store_is_refused_with_its_cure(tmp_path, capsys):
    assert main(["cohort", "check", str(tmp_path)]) == 2
    assert "is no store of maps" in capsys.readouterr().err
