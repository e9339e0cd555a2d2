"""`nipype-qsm cohort` on maps."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from map_cohort import MapCohort

from nipype_qsm.cli.main import main
from nipype_qsm.map_store import MapStore
from nipype_qsm.map_units import writing

pytestmark = pytest.mark.filterwarnings("always:The store keeps")


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


@pytest.fixture
def cohort(tmp_path, rng, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return MapCohort(tmp_path, rng)


def test_results_go_into_a_store_and_come_out_as_templates(cohort, capsys):
    cohort.ukb()
    assert main(["cohort", "ingest", "results", "--mask", "mask.nii.gz", "--out", "chi.store", "--quiet"]) == 0
    told = capsys.readouterr()
    voxels = int(cohort.mask.sum())
    assert f"10 subjects in 1 unit (10 new), {voxels} voxels of MNI152NLin6Asym, chi_referenced in steps" in told.out
    assert f"keeps {voxels} voxels of MNI152NLin6Asym" in told.err
    call = ["cohort", "template", "chi.store", "--groups", "covariates.tsv", "--by", "sex", "--out", "out", "--quiet"]
    assert main(call) == 0
    names = {path.name for path in Path("out").iterdir()}
    groups = ("young", "old", "sex-0", "sex-1")
    images = {"average", "variance", "coverage", "ageing", *(f"average_{group}" for group in groups)}
    assert names == {f"{i}.{e}" for i in images for e in ("nii.gz", "json")} | {"template.html", "template.json"}
    assert sorted(path.name for path in Path().iterdir()) == [
        "chi.store", "covariates.tsv", "mask.nii.gz", "out", "results"]  # fmt: skip


def test_the_same_command_does_nothing_twice_and_adds_who_is_new(cohort, capsys):
    call = ["cohort", "ingest", "results", "--mask", "mask.nii.gz", "--out", "chi.store", "--quiet"]
    cohort.ukb(subjects=cohort.ids[:7])
    assert main(call) == main(call) == 0
    assert "7 subjects in 1 unit (0 new)" in capsys.readouterr().out
    cohort.ukb()
    assert main(call) == 0
    assert "10 subjects in 2 units (3 new)" in capsys.readouterr().out
    assert MapStore.open("chi.store").subjects == cohort.ids


def test_what_cannot_be_ingested_leaves_nothing_and_says_why(cohort, capsys):
    cohort.ukb()
    assert main(["cohort", "ingest", "results", "--out", "chi.store", "--quiet"]) == 2
    assert "No brain mask of MNI152NLin6Asym on the grid (14, 12, 10)" in capsys.readouterr().err
    assert not Path("chi.store").exists()
    assert not Path("chi.store.work").exists()
    assert main(["cohort", "ingest", "nobody", "--out", "chi.store", "--quiet"]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_a_second_run_in_the_same_store_is_refused(cohort, capsys):
    cohort.ukb()
    with writing(Path("chi.store").absolute()):
        assert main(["cohort", "ingest", "results", "--mask", "mask.nii.gz", "--out", "chi.store"]) == 2
    assert "works in" in capsys.readouterr().err
    assert not Path("chi.store").exists()


KILLED = """
    import os, signal, sys
    from nipype_qsm import map_matrix
    from nipype_qsm.cli.main import main

    real, calls = map_matrix.Matrix.write, []

    def write(self, unit, block):
        calls.append(unit)
        found = real(self, unit, block)
        if len(calls) == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    map_matrix.Matrix.write = write
    from nipype_qsm.workflows import template
    options = template.cohort_node

    def small(method, name, chosen, **more):
        return options(method, name, {**chosen, "unit_size": 4, "chunk": 64, "shard": 256}, **more)

    template.cohort_node = small
    main(sys.argv[2:])
"""


def test_a_killed_ingest_goes_on_without_a_subject_twice_or_missing(cohort):
    cohort.ukb()
    call = ["cohort", "ingest", "results", "--mask", "mask.nii.gz", "--out", "chi.store", "--quiet"]
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), "2", *call], check=False)
    assert done.returncode == -signal.SIGKILL
    assert MapStore.open("chi.store").subjects == cohort.ids[:4]
    assert Path("chi.store/maps.zarr/c/1/0").is_file()  # written, and not marked
    assert main(call) == 0
    store = MapStore.open("chi.store")
    assert store.subjects == cohort.ids
    assert store.verify() == {}
    values = store.read(slice(None)) * store.scale
    expected = np.array([store.vector(volume) for volume in cohort.maps])
    np.testing.assert_allclose(np.where(expected == 0, 0, values), expected, atol=0.0501)
