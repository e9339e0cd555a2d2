"""What a batch knows of its tasks, and what its page shows."""

import os
import socket
import subprocess
import sys
import time

import pytest

from nipype_qsm.batch import Batch, Task
from nipype_qsm.batch_overview import LISTED, Overview
from nipype_qsm.errors import QSMError


def tasks(n):
    return [Task(f"s{number:04}", ["files", "out"], "out") for number in range(n)]


@pytest.fixture
def batch(tmp_path):
    made = Batch.create(tmp_path / "runs", tasks(4))
    made.begin(made.tasks)
    return made


def test_two_subjects_of_one_name_are_refused(tmp_path):
    with pytest.raises(QSMError, match="called s0000"):
        Batch.create(tmp_path, [*tasks(2), *tasks(1)])


@pytest.mark.parametrize("name", ["../elsewhere", "/etc/passwd", "a/b", ""])
def test_a_name_that_would_lead_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(QSMError, match="cannot be a subject's name"):
        Batch.create(tmp_path / "runs", [Task(name, ["files", "out"], "out")])
    assert not (tmp_path / "runs").exists()


def test_a_process_reads_its_own_task_alone(batch):
    assert batch.task("s0002") == batch.tasks[2]
    with pytest.raises(QSMError, match="no task 'nobody'"):
        batch.task("nobody")


def test_a_task_that_still_runs_for_a_batch_that_was_killed_is_not_begun_again(batch):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    batch.note(batch.tasks[1], "running", host=socket.gethostname(), pid=process.pid)
    with pytest.raises(QSMError, match=f"Process {process.pid} still runs s0001"):
        batch.begin(batch.tasks)
    process.communicate(b"\n")
    batch.begin(batch.tasks)
    assert batch.state(batch.tasks[1])["state"] == "waiting"


def test_the_overview_counts_and_expects_an_end(batch):
    overview = Overview(batch, quiet=True)
    overview.began -= 100
    batch.note(batch.tasks[0], "done", seconds=12.3, peak_gb=0.5)
    batch.note(batch.tasks[1], "failed", cause="<b> is damaged.", cure="Mend it.")
    batch.note(batch.tasks[2], "running", pid=os.getpid())
    line = overview.line()
    assert line.startswith("1 done, 1 running, 1 failed, 1 waiting; the end is expected at ")
    expected = time.mktime(time.strptime(line[-16:], "%Y-%m-%d %H:%M"))
    assert 30 < expected - time.time() < 110  # two took 100 s, two are left
    page = overview.draw().read_text()
    assert "&lt;b&gt; is damaged. Mend it." in page
    assert "refresh" in page
    for task in batch.tasks[2:]:
        batch.note(task, "done", seconds=1.0)
    assert "refresh" not in overview.draw().read_text()


def test_a_look_reads_each_task_that_is_not_finished_once(batch, monkeypatch):
    batch.note(batch.tasks[0], "done", seconds=1.0)
    overview, read = Overview(batch, quiet=True), []
    state = batch.state
    monkeypatch.setattr(batch, "state", lambda task: read.append(task.name) or state(task))
    overview()
    assert sorted(read) == [task.name for task in batch.tasks]
    assert (batch.folder / "overview.html").is_file()


def test_the_page_of_a_large_cohort_stays_small(tmp_path):
    batch = Batch.create(tmp_path, tasks(LISTED + 3))
    page = Overview(batch).draw().read_text()
    assert page.count('<tr class="waiting">') == LISTED
    assert "and 3 more" in page
