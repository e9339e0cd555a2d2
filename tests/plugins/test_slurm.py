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

QUICK = {"result_timeout": 5, "retry_timeout": 0.2}


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


def test_a_job_that_leaves_without_a_word_is_a_failed_node_and_the_next_run_repeats_only_that(slurm, tmp_path):
    with pytest.raises(RuntimeError, match=r"Slurm job \d+(_\d)? of 'fan.faulty' ended in state FAILED"):
        fan(tmp_path, fault="leave").run(plugin=SLURMPlugin(QUICK))
    assert ran(tmp_path) == [0, 1, 2, 3]
    (tmp_path / "cured").touch()
    graph = fan(tmp_path, fault="leave").run(plugin=SLURMPlugin(QUICK))
    assert result(graph, "total") == 12
    assert ran(tmp_path) == [0, 1, 2, 3]


def test_a_job_killed_for_memory_says_so_in_slurms_own_words(slurm, tmp_path):
    with pytest.raises(RuntimeError, match=r"xceeded (job )?memory limit"):
        fan(tmp_path, width=1, fault="hoard").run(plugin=SLURMPlugin(QUICK))
    assert ran(tmp_path) == [0]


def test_a_refused_partition_is_told_in_slurms_own_words(slurm, tmp_path):
    with pytest.raises(RuntimeError, match="invalid partition specified"):
        fan(tmp_path, width=1).run(plugin=SLURMPlugin({**QUICK, "sbatch_args": "--partition=nowhere"}))
    assert ran(tmp_path) == []


def test_a_cancelled_job_ends_its_node_only(slurm, tmp_path):
    def cancel():
        end = time.monotonic() + 60
        while not (tmp_path / "waiting").exists() and time.monotonic() < end:
            time.sleep(0.1)
        slurm.says("scancel", "--name=faulty")

    workflow = fan(tmp_path, width=1, fault="wait")
    workflow.get_node("faulty")._mem_gb = 0.3  # a job of its own
    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(RuntimeError, match="state CANCELLED"):
        workflow.run(plugin=SLURMPlugin(QUICK))
    canceller.join()
    assert ran(tmp_path) == [0]


def test_while_the_controller_is_away_jobs_count_as_running(slurm, tmp_path):
    def pause():
        end = time.monotonic() + 60
        while not (tmp_path / "waiting").exists() and time.monotonic() < end:
            time.sleep(0.1)
        slurm.stop_controller()
        time.sleep(4)
        slurm.start_controller(keep_state=True)
        slurm.says("scancel", "--name=faulty")

    workflow = fan(tmp_path, width=2, fault="wait")
    workflow.get_node("faulty")._mem_gb = 0.3  # a job of its own
    away = threading.Thread(target=pause)
    away.start()
    with pytest.raises(RuntimeError, match="state CANCELLED"):
        workflow.run(plugin=SLURMPlugin(QUICK))
    away.join()
    assert ran(tmp_path) == [0, 1]


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
    end = time.monotonic() + 60
    while not (tmp_path / "waiting").exists() and time.monotonic() < end:
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=30) != 0
    end = time.monotonic() + 15
    while slurm.says("squeue", "-h") and time.monotonic() < end:
        time.sleep(0.2)
    assert slurm.says("squeue", "-h") == ""
