"""A subject and a cohort through a real Slurm: the maps of a plain run, node by node and as an array."""

import math
import os
import shutil
from pathlib import Path

import pytest
from contents import content, differing

from nipype_qsm.cli import running
from nipype_qsm.cli.main import main
from nipype_qsm.io import read_json
from nipype_qsm.phantoms import DigitalSubject

pytestmark = pytest.mark.usefixtures("slurm")
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def heads(small_subject, tmp_path_factory):
    """Three different subjects."""
    folder = tmp_path_factory.mktemp("heads")
    for seed in SEEDS[1:]:
        DigitalSubject("small", seed=seed, n_coils=3, threads=1).write_ukb(folder / f"{seed}")
    return [small_subject / "ukb", *(folder / f"{seed}" for seed in SEEDS[1:])]


def call(subjects, out, *more):
    return ["ukb", *map(str, subjects), "--out", str(out), "--n-procs", "1", "--quiet", *more]


def images(folder):
    """Return the content of every image and table of phenotypes; reports tell times, which differ."""
    found = [path for path in folder.rglob("*") if path.name.endswith((".nii.gz", ".tsv")) or "bb_IDP" in path.name]
    return {str(path.relative_to(folder)): content(path) for path in found}


def test_a_subject_node_by_node_through_slurm_gives_the_maps_of_a_plain_run(
    heads, slurm, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    declared = []

    class Noting(running.Status):
        def __call__(self, node, status):
            if status == "start" and node.name in self.names:
                memory = getattr(node, "mem_gb_runtime", node.mem_gb)
                declared.append((node.n_procs, math.ceil(1024 * memory)))
            super().__call__(node, status)

    nigra = [str(heads[0] / "truth" / f"nigra_{side}.nii.gz") for side in ("left", "right")]
    regions = ["--nigra", *nigra, "--template-space", "MNI152NLin2009cAsym"]
    assert main(call(heads[:1], "plain", *regions)) == 0
    monkeypatch.setattr(running, "Status", Noting)
    before = len(slurm.finished())
    assert main(call(heads[:1], "nodes", *regions, "--plugin", "SLURM")) == 0
    jobs = slurm.finished()[before:]
    assert len(jobs) == len(declared) > 40
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    asked = [job["Tres"].split(",")[:2] for job in jobs]
    assert sorted(asked) == sorted([f"cpu={cores}", f"mem={megabytes}M"] for cores, megabytes in declared)
    plain = images(Path("plain"))
    assert len(plain) > 20
    assert differing(images(Path("nodes")), plain) == []


def test_twenty_subjects_as_a_slurm_array_give_the_maps_of_plain_runs(heads, slurm, tmp_path, monkeypatch):
    """Visits of three subjects, by links."""
    monkeypatch.chdir(tmp_path)
    names = [f"{1000001 + number}" for number in range(20)]
    for number, name in enumerate(names):
        shutil.copytree(heads[number % 3], f"visits/{name}", copy_function=os.link)
    before = len(slurm.finished())
    visits = [Path("visits") / name for name in names]
    whole = ["batch", "runs", "--slurm", "--mem-gb", "0.7", "--quiet", "--"]
    assert main([*whole, *call(visits, "out", "--maps-only")]) == 0
    jobs = slurm.finished()[before:]
    assert [job["JobState"] for job in jobs] == ["COMPLETED"] * 20
    assert {job["Tres"].split(",")[1] for job in jobs} == {"mem=717M"}
    assert len({job["ArrayJobId"] for job in jobs}) == 1
    assert main(call(visits[:3], "plain", "--maps-only")) == 0
    plain = [images(Path("plain") / name) for name in names[:3]]
    assert len(plain[0]) > 5
    assert differing(plain[0], plain[1])
    for number, name in enumerate(names):
        assert differing(images(Path("out") / name), plain[number % 3]) == []
        assert 0.1 < read_json(f"runs/states/{name}.json")["peak_gb"] < 0.7  # what the job asked for


def test_participants_of_a_bids_data_set_are_taken_one_by_one(small_subject, slurm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call = ["bids", str(small_subject / "bids"), "derivatives", "participant", "--maps-only", "--n-procs", "1"]
    assert main(["batch", "runs", "--quiet", "--", *call, "--preset", "ukb"]) == 0
    assert main([*call[:2], "plain", *call[3:], "--preset", "ukb", "--quiet"]) == 0
    assert differing(images(Path("derivatives")), images(Path("plain"))) == []
