import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from faulty_graphs import fan, ran, result

from nipype_qsm.plugins import SLURMPlugin
from nipype_qsm.plugins.slurm_jobs import Request
from nipype_qsm.run_events import read_run
from nipype_qsm.run_state import Recorder

QUICK = {"result_timeout": 5, "retry_timeout": 0.2}


def resumes(folder, fault, width):
    """Run again what failed, now that its cause is gone: nothing that was finished is repeated."""
    before = ran(folder)
    (folder / "cured").touch()
    graph = fan(folder, width=width, fault=fault).run(plugin=SLURMPlugin(QUICK))
    assert result(graph, "total") == width * (width - 1)
    assert result(graph, "faulty") == 1
    assert ran(folder) == before == list(range(width))


def alone(workflow):
    """Let the faulty node ask for other memory, so that it is a job of its own and not of an array."""
    workflow.get_node("faulty")._mem_gb = 0.3
    return workflow


def until_waiting(folder, width):
    """Wait until the faulty node is at work and what stands beside it is finished and kept."""

    def there():
        kept = list(folder.glob("fan/double_*/result_double_*.pklz"))
        return (folder / "waiting").exists() and len(kept) == width

    end = time.monotonic() + 60
    while not there() and time.monotonic() < end:
        time.sleep(0.1)


def test_what_the_users_arguments_say_is_not_said_twice():
    assert Request(2, 1500).options() == ["--cpus-per-task=2", "--mem=1500M"]
    assert Request(2, 1500, ["--mem=4G", "-c", "8"]).options() == ["--mem=4G", "-c", "8"]


def test_jobs_get_what_their_nodes_declare_and_equal_nodes_share_an_array(slurm, tmp_path):
    before = len(slurm.finished())
    graph = fan(tmp_path).run(plugin=SLURMPlugin(QUICK))
    assert result(graph, "total") == 12
    scripts = list((tmp_path / "fan" / "batch").glob("*.sh"))
    assert len(scripts) == 2  # four nodes in an array, and the sum
    done = slurm.finished()[before:]
    assert len(done) == 5
    assert {job["JobState"] for job in done} == {"COMPLETED"}
    assert {job["ProcCnt"] for job in done} == {"1"}


def test_a_recorder_hears_of_each_job(slurm, tmp_path):
    for state in ("done", "cached"):
        workflow = fan(tmp_path, width=2)
        with Recorder(workflow, tmp_path / "graph.html") as recorder:
            workflow.run(plugin=SLURMPlugin({**QUICK, "status_callback": recorder}))
        steps = read_run(tmp_path / "graph.jsonl")["steps"]
        assert {path: step["state"] for path, step in steps.items()} == dict.fromkeys(steps, state)
        assert set(steps) == {"double_0", "double_1", "merge", "total"}


def test_cores_and_memory_reach_the_job(slurm, tmp_path):
    workflow = fan(tmp_path, width=1)
    node = workflow.get_node("total")
    node.n_procs, node._mem_gb = 2, 1.5
    seen = []

    def look(node, status):
        if status == "start" and node.name == "total":
            threading.Timer(0.3, lambda: seen.append(slurm.says("squeue", "-h", "-t", "all", "-o", "%j %C %m"))).start()

    workflow.run(plugin=SLURMPlugin({**QUICK, "status_callback": look}))
    time.sleep(0.5)
    assert "total 2 1.50G" in seen[0].splitlines()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("leave", r"Slurm job \d+(_\d)? of 'fan.faulty' ended in state FAILED"),
        ("hoard", r"xceeded (job )?memory limit"),
        ("fill", "No space left on device"),
    ],
    ids=["leave", "hoard", "fill"],
)
def test_a_fault_is_told_and_the_next_run_repeats_only_what_was_lost(slurm, tmp_path, fault, told):
    with pytest.raises(RuntimeError, match=told):
        fan(tmp_path, width=2, fault=fault).run(plugin=SLURMPlugin(QUICK))
    assert ran(tmp_path) == [0, 1]
    resumes(tmp_path, fault, 2)


def test_a_refused_partition_is_told_in_slurms_own_words(slurm, tmp_path):
    with pytest.raises(RuntimeError, match="invalid partition specified"):
        fan(tmp_path, width=1).run(plugin=SLURMPlugin({**QUICK, "sbatch_args": "--partition=nowhere"}))
    assert ran(tmp_path) == []
    graph = fan(tmp_path, width=1).run(plugin=SLURMPlugin({**QUICK, "sbatch_args": "--partition=main"}))
    assert result(graph, "total") == 0


def test_a_cancelled_job_ends_its_node_only(slurm, tmp_path):
    def cancel():
        until_waiting(tmp_path, 2)
        slurm.says("scancel", "--name=faulty")

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(RuntimeError, match="state CANCELLED"):
        alone(fan(tmp_path, width=2, fault="wait")).run(plugin=SLURMPlugin(QUICK))
    canceller.join()
    resumes(tmp_path, "wait", 2)


def test_while_the_controller_is_away_jobs_count_as_running_until_their_time_is_up(slurm, tmp_path, monkeypatch):
    """The controller is gone for 35 s; when it is back, the job outlives its minute."""
    monkeypatch.setenv("LONG_WAIT", "300")
    gone = []

    def pause():
        until_waiting(tmp_path, 2)
        slurm.stop_controller()
        began = time.monotonic()
        time.sleep(35)
        gone.append(slurm.says("squeue", "-h"))
        slurm.start_controller(keep_state=True)
        gone.append(time.monotonic() - began)

    away = threading.Thread(target=pause)
    away.start()
    with pytest.raises(RuntimeError, match=r"ended in state TIMEOUT and left no result.* TIME LIMIT"):
        alone(fan(tmp_path, width=2, fault="wait")).run(plugin=SLURMPlugin({**QUICK, "sbatch_args": "--time=1"}))
    away.join()
    assert gone[0] is None  # nobody answered
    assert gone[1] >= 35
    resumes(tmp_path, "wait", 2)


def test_an_interrupt_cancels_the_jobs(slurm, tmp_path):
    script = tmp_path / "interrupted.py"
    script.write_text(
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from pathlib import Path\n"
        "from faulty_graphs import fan\n"
        "from nipype_qsm.plugins import SLURMPlugin\n"
        f"fan(Path({str(tmp_path)!r}), width=1, fault='wait').run(plugin=SLURMPlugin())\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "LOGNAME"}
    started = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    until_waiting(tmp_path, 1)
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=30) != 0
    end = time.monotonic() + 15
    while slurm.says("squeue", "-h") and time.monotonic() < end:
        time.sleep(0.2)
    assert slurm.says("squeue", "-h") == ""
    resumes(tmp_path, "wait", 1)
