"""`nipype-qsm batch`: a cohort of tiny inversions, its faults, and what is run again."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from contents import content

from nipype_qsm.batch import Batch, Task
from nipype_qsm.cli.main import main
from nipype_qsm.io import read_json

SUBJECTS = ("anna", "ben", "cleo")
LIMIT = 4096
"""Bytes of a file that a map does not fit into, and notes do."""


@pytest.fixture
def cohort(tmp_path, monkeypatch):
    """A folder with three subjects and their table; the working folder is there."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(3)
    mask = np.zeros((12, 14, 10), np.uint8)
    mask[2:-2, 2:-2, 2:-2] = 1
    for name in SUBJECTS:
        for kind, array in (("field", rng.normal(0, 0.02, mask.shape).astype(np.float32)), ("mask", mask)):
            image = nib.Nifti1Image(array, np.eye(4))
            image.set_sform(np.eye(4), 1)
            Path(name).mkdir(exist_ok=True)
            nib.save(image, f"{name}/{kind}.nii.gz")
    Path("subjects.tsv").write_text("subject\tfolder\n" + "".join(f"{name}\t{name}\n" for name in SUBJECTS))
    return tmp_path


def call(*more, method="tkd"):
    ports = ("--field-local", "{folder}/field.nii.gz", "--mask", "{folder}/mask.nii.gz", "--out", "out/{subject}")
    return ["batch", "runs", "--table", "subjects.tsv", *more, "--", "step", "inversion", method, *ports]


def began(name):
    return read_json(f"runs/states/{name}.json")["began"]


def test_every_subject_is_done_and_none_is_run_again(cohort, capsys):
    assert main(call("--jobs", "2")) == 0
    assert "3 done, 0 running, 0 failed, 0 waiting" in capsys.readouterr().out
    assert all(Path(f"out/{name}/chi.nii.gz").is_file() for name in SUBJECTS)
    page = Path("runs/overview.html").read_text()
    assert page.count('<tr class="done">') == 3
    first = [began(name) for name in SUBJECTS]
    assert main(call("--quiet")) == 0
    assert [began(name) for name in SUBJECTS] == first


def test_a_bad_subject_fails_alone_with_cause_and_cure_and_is_run_again_when_it_is_cured(cohort, capsys):
    whole = Path("ben/field.nii.gz").read_bytes()
    Path("ben/field.nii.gz").write_bytes(whole[:200])
    assert main(call()) == 1
    rows = Path("runs/failures.tsv").read_text().splitlines()
    assert rows[0].split("\t") == ["subject", "cause", "cure", "log"]
    assert len(rows) == 2
    assert rows[1].startswith("ben\t")
    assert "ben/field.nii.gz" in rows[1]
    first = began("anna")
    Path("ben/field.nii.gz").write_bytes(whole)
    assert main(call()) == 0
    assert not Path("runs/failures.tsv").exists()
    assert began("anna") == first


def test_what_changed_is_run_again_and_nothing_else(cohort):
    assert main(call("--quiet")) == 0
    first = {name: began(name) for name in SUBJECTS}
    Path("out/ben/chi.nii.gz").unlink()
    os.truncate("out/cleo/chi.nii.gz", 50)
    assert main(call("--quiet")) == 0
    again = {name: began(name) for name in SUBJECTS}
    assert again["anna"] == first["anna"]
    assert again["ben"] != first["ben"]
    assert again["cleo"] != first["cleo"]
    os.utime("cleo/field.nii.gz", (1, 1))
    tasks = Batch.read(Path("runs")).tasks
    assert [Batch(Path("runs")).complete(task) for task in tasks] == [True, True, False]


def test_other_arguments_make_another_task_and_another_way_of_running_does_not():
    task = Task("anna", ["files", "out", "--preset", "best"], "out")
    again = [*task.arguments, "--n-procs", "4", "--plugin", "MultiProc", "--mem-gb=2", "--quiet"]
    assert replace(task, arguments=again).fingerprint() == task.fingerprint()
    assert replace(task, arguments=["files", "out", "--preset", "ukb"]).fingerprint() != task.fingerprint()


def test_only_what_matches_is_kept(cohort):
    assert main(call("--quiet", "--keep", "*.nii.gz")) == 0
    assert [path.name for path in Path("out/ben").iterdir()] == ["chi.nii.gz"]
    assert Batch.read(Path("runs")).complete(Batch.read(Path("runs")).tasks[1])


def running_batch(cohort, *more):
    # An interrupt is ignored where the tests run in the background.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from nipype_qsm.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *call(*more)]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    state, end = Path("runs/states/anna.json"), time.monotonic() + 60
    while time.monotonic() < end:
        if state.exists() and read_json(state)["state"] == "running":
            return started, read_json(state)["pid"]
        time.sleep(0.01)
    raise AssertionError("no task began")


def test_a_killed_subject_is_told_and_the_others_go_on(cohort):
    started, pid = running_batch(cohort)
    os.kill(pid, signal.SIGKILL)
    said = started.communicate(timeout=120)[1]
    assert started.returncode == 1
    assert re.search(r"anna: It ended with status -9\. It was killed from outside", said)
    assert {Batch.read(Path("runs")).state(task)["state"] for task in Batch.read(Path("runs")).tasks[1:]} == {"done"}
    assert main(call("--quiet")) == 0


def test_a_full_disk_is_told_and_nothing_that_looks_whole_is_left(cohort):
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))"
    program = f"{limited}; import sys; from nipype_qsm.cli.main import main; sys.exit(main({call('--quiet')!r}))"
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert ended.returncode == 1, ended.stderr
    assert len(Path("runs/failures.tsv").read_text().splitlines()) == 4
    assert "File too large" in ended.stderr
    assert not [path for path in Path("out").rglob("*") if path.is_file()]
    assert main(call("--quiet")) == 0


def test_an_interrupted_batch_leaves_no_process_and_no_lock_and_resumes(cohort):
    started, pid = running_batch(cohort)
    started.send_signal(signal.SIGINT)
    started.communicate(timeout=60)
    assert started.returncode == 130
    assert not Path(f"/proc/{pid}").exists()
    assert not Path("runs/lock.json").exists()
    assert main(call("--quiet")) == 0


def test_a_second_batch_in_the_same_folder_is_refused(cohort, capsys):
    started, _ = running_batch(cohort)
    assert main(call()) == 2
    assert "works in runs" in capsys.readouterr().err
    assert started.wait(timeout=120) == 0
    started.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["batch", "runs", "--", "methods"], "cannot be taken apart"),
        (["batch", "runs", "--table", "none.tsv", "--", "files", "out"], "does not exist"),
        (
            ["batch", "runs", "--table", "subjects.tsv", "--", "step", "inversion", "tkd", "--out", "{x}"],
            "no column 'x'",
        ),
        (
            ["batch", "runs", "--table", "subjects.tsv", "--", "step", "inversion", "tkd", "--out", "o"],
            "into one folder",
        ),
        (["batch", "runs", "--table", "subjects.tsv", "--", "methods"], "writes no folder"),
    ],
)
def test_a_call_that_cannot_be_a_batch_is_refused_with_its_cure(cohort, capsys, arguments, problem):
    assert main(arguments) == 2
    said = capsys.readouterr().err.splitlines()
    assert problem in said[0]
    assert said[1].strip()
    assert not Path("runs/tasks.json").exists()


def test_twenty_subjects_run_as_one_slurm_array_with_what_it_asked_for(cohort, slurm):
    twenty = [f"subject{number:02}" for number in range(20)]
    rows = [f"{name}\t{SUBJECTS[number % 3]}\n" for number, name in enumerate(twenty)]
    Path("subjects.tsv").write_text("subject\tfolder\n" + "".join(rows))
    before = len(slurm.finished())
    assert main(call("--slurm", "--mem-gb", "0.5", "--quiet")) == 0
    done = slurm.finished()[before:]
    assert len(done) == 20
    assert {job["JobState"] for job in done} == {"COMPLETED"}
    assert Path("runs/array.sh").read_text().count("nipype_qsm.cli.main") == 20
    made = [content(Path(f"out/{name}/chi.nii.gz")) for name in twenty]
    assert made == [made[number % 3] for number in range(20)]
    for name in SUBJECTS:
        ports = ["--field-local", f"{name}/field.nii.gz", "--mask", f"{name}/mask.nii.gz", "--n-procs", "1"]
        assert main(["step", "inversion", "tkd", *ports, "--out", f"plain/{name}"]) == 0
    assert [content(Path(f"plain/{name}/chi.nii.gz")) for name in SUBJECTS] == made[:3]
