import subprocess
import sys
import time
from pathlib import Path

import pytest
from faulty_graphs import fan, ran, result

from nipype_qsm.plugins import MultiProcPlugin

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def test_it_runs_a_graph_like_nipypes_own(tmp_path):
    graph = fan(tmp_path).run(plugin=MultiProcPlugin({"n_procs": 2}))
    assert result(graph, "total") == 12


@pytest.mark.parametrize("fault", ["die", "leave"])
def test_a_killed_worker_costs_its_node_and_the_next_run_repeats_only_that(tmp_path, fault):
    with pytest.raises(RuntimeError, match=r"'fan.faulty' was killed, and once more when it ran alone"):
        fan(tmp_path, fault=fault).run(plugin=MultiProcPlugin({"n_procs": 2}))
    assert set(ran(tmp_path)) == {0, 1, 2, 3}
    assert len(list((tmp_path / "crashes").glob("crash-*-faulty-*.txt"))) == 1
    before = ran(tmp_path)
    (tmp_path / "cured").touch()
    graph = fan(tmp_path, fault=fault).run(plugin=MultiProcPlugin({"n_procs": 2}))
    assert result(graph, "total") == 12
    assert ran(tmp_path) == before


def test_nodes_that_shared_the_killed_workers_pool_run_again_in_the_same_run(tmp_path):
    graph = fan(tmp_path, width=8, fault="die")
    with pytest.raises(RuntimeError):
        graph.run(plugin=MultiProcPlugin({"n_procs": 4}))
    (tmp_path / "cured").touch()
    assert result(fan(tmp_path, width=8, fault="die").run(plugin=MultiProcPlugin({"n_procs": 4})), "total") == 56


def test_workers_write_to_nipypes_log_file(tmp_path):
    script = tmp_path / "logged.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from pathlib import Path\n"
        "from faulty_graphs import fan, result\n"
        "from nipype import config, logging\n"
        "from nipype_qsm.plugins import MultiProcPlugin\n"
        f"config.update_config({{'logging': {{'log_directory': {str(tmp_path)!r}, 'log_to_file': True}},\n"
        "                      'execution': {'poll_sleep_duration': 0.1, 'create_report': False}})\n"
        "logging.update_logging(config)\n"
        f"print(result(fan(Path({str(tmp_path)!r})).run(plugin=MultiProcPlugin({{'n_procs': 2}})), 'total'))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("12")
    assert 'Finished "total"' in (tmp_path / "pypeline.log").read_text()


def test_an_interrupt_ends_the_workers_at_once(tmp_path):
    script = tmp_path / "interrupted.py"
    script.write_text(
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from pathlib import Path\n"
        "from faulty_graphs import fan\n"
        "from nipype_qsm.plugins import MultiProcPlugin\n"
        f"fan(Path({str(tmp_path)!r}), fault='wait').run(plugin=MultiProcPlugin({{'n_procs': 2}}))\n"
    )
    started = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not (tmp_path / "waiting").exists() and time.monotonic() < end:
        time.sleep(0.1)
    began = time.monotonic()
    started.send_signal(2)
    assert started.wait(timeout=30) != 0
    assert time.monotonic() - began < 20  # the node would have slept for a minute
    (tmp_path / "cured").touch()
    assert result(fan(tmp_path, fault="wait").run(plugin=MultiProcPlugin({"n_procs": 2})), "total") == 12
    again = ran(tmp_path)
    assert set(again) == {0, 1, 2, 3}
    assert len(again) <= 4 + 2  # at most what the two workers had in hand
