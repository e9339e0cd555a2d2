"""A run is known step by step, under every plugin, and what is written outlives it."""

import json
import shutil

import pytest
from nipype.pipeline import engine as pe
from strangers import stranger

from nipype_qsm.errors import QSMError
from nipype_qsm.plugins import MultiProcPlugin, SLURMPlugin
from nipype_qsm.run_events import read_run
from nipype_qsm.run_state import Recorder

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

STEPS = {"deep.deepest.add", "deep.deepest.spread", "deep.each", "gather"}


OWN = {"own": MultiProcPlugin, "Slurm": SLURMPlugin}


def run(folder, plugin, **options):
    """Run the stranger's workflow and return the state of each step."""
    workflow = stranger(folder, **options)
    with Recorder(workflow, folder / "graph.html") as recorder:
        given = {"n_procs": 2, "status_callback": recorder}
        if plugin in OWN:
            workflow.run(plugin=OWN[plugin](given))
        else:
            workflow.run(plugin=plugin, plugin_args=given)
    return read_run(folder / "graph.jsonl")["steps"]


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    from nipype import config

    before = {name: config.get("execution", name) for name in ("poll_sleep_duration", "create_report", "crashdump_dir")}
    for name, value in {"poll_sleep_duration": "0.02", "create_report": "false", "crashdump_dir": tmp_path}.items():
        config.set("execution", name, str(value))
    yield
    for name, value in before.items():
        config.set("execution", name, value or "")


@pytest.mark.parametrize("plugin", ["Linear", "MultiProc", "own"])
def test_each_step_is_done_then_taken_from_the_earlier_run_then_partly(tmp_path, plugin):
    first = run(tmp_path, plugin)
    assert {path: step["state"] for path, step in first.items()} == dict.fromkeys(STEPS, "done")
    assert (first["deep.deepest.add"]["done"], first["deep.deepest.add"]["parts"]) == (2, 2)
    assert all(step["seconds"] >= 0 for step in first.values())
    if plugin != "Linear":  # which runs the parts of a MapNode as one
        assert (first["deep.each"]["done"], first["deep.each"]["parts"]) == (6, 6)
    again = run(tmp_path, plugin)
    assert {path: step["state"] for path, step in again.items()} == dict.fromkeys(STEPS, "cached")
    if plugin != "Linear":
        return
    shutil.rmtree(tmp_path / "outer" / "gather")
    partly = run(tmp_path, plugin)
    assert {path for path, step in partly.items() if step["state"] == "done"} == {"gather"}


def test_jobs_of_slurm_are_told_as_well(tmp_path, slurm):
    for state in ("done", "cached"):
        assert {path: step["state"] for path, step in run(tmp_path, "Slurm").items()} == dict.fromkeys(STEPS, state)
    with pytest.raises(Exception, match=r"today|raised"):
        run(tmp_path, "Slurm", fault=True)
    steps = read_run(tmp_path / "graph.jsonl")["steps"]
    assert {path: step["state"] for path, step in steps.items()} == {
        **dict.fromkeys(STEPS, "skipped"),
        "deep.deepest.add": "failed",
    }


@pytest.mark.parametrize("plugin", ["Linear", "MultiProc", "own"])
def test_a_failed_step_is_told_and_those_after_it_were_not_reached(tmp_path, plugin):
    with pytest.raises(Exception, match=r"today|raised"):
        run(tmp_path, plugin, fault=True)
    told = read_run(tmp_path / "graph.jsonl")
    states = {path: step["state"] for path, step in told["steps"].items()}
    assert states == {**dict.fromkeys(STEPS, "skipped"), "deep.deepest.add": "failed"}
    assert "today" in told["problem"]
    assert told["steps"]["deep.deepest.add"]["error"] == told["problem"]


def test_after_a_failure_linear_says_that_the_rest_ended_and_is_not_believed(tmp_path):
    run(tmp_path, "Linear")
    with pytest.raises(Exception, match=r"today|raised"):
        run(tmp_path, "Linear", fault=True)
    steps = read_run(tmp_path / "graph.jsonl")["steps"]
    assert steps["gather"]["state"] == "skipped"


def test_a_run_that_is_going_on_shows_what_runs_and_what_waits(tmp_path):
    workflow = stranger(tmp_path, numbers=(1,))
    seen = {}

    class Watched(Recorder):
        def __call__(self, node, status):
            super().__call__(node, status)
            if node.name == "spread" and status == "start":
                text = self.page.read_text()
                seen.update(json.JSONDecoder().raw_decode(text.partition('"run":')[2])[0])

    with Watched(workflow, tmp_path / "graph.html") as recorder:
        workflow.run(plugin="Linear", plugin_args={"status_callback": recorder})
    assert seen["live"] is True
    states = {path: step["state"] for path, step in seen["steps"].items()}
    assert states["deep.deepest.add"] == "done"
    assert states["deep.deepest.spread"] == "running"
    assert states["gather"] == "waiting"
    assert seen["steps"]["deep.deepest.spread"]["since"] >= seen["began"]
    assert '"live":false' in (tmp_path / "graph.html").read_text()


def test_a_run_that_was_killed_left_all_it_knew(tmp_path):
    run(tmp_path, "Linear")
    events = (tmp_path / "graph.jsonl").read_text().splitlines()
    (tmp_path / "cut.jsonl").write_text("\n".join(events[:4]) + '\n{"t": 17')
    steps = read_run(tmp_path / "cut.jsonl")["steps"]
    assert steps["deep.deepest.add"]["done"] == 1
    assert steps["gather"]["state"] == "skipped"
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(QSMError, match="holds no run"):
        read_run(tmp_path / "empty.jsonl")


def test_several_runs_in_one_file_are_told_apart(tmp_path):
    run(tmp_path, "Linear")
    run(tmp_path, "Linear")
    lines = [json.loads(line) for line in (tmp_path / "graph.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines].count("begin") == 2
    assert read_run(tmp_path / "graph.jsonl")["steps"]["gather"]["state"] == "cached"


def test_a_page_that_cannot_be_written_does_not_end_the_run(tmp_path):
    workflow = stranger(tmp_path)
    recorder = Recorder(workflow, tmp_path / "graph.html").__enter__()
    (tmp_path / "graph.html").unlink()
    (tmp_path / "graph.html").mkdir()
    with pytest.warns(UserWarning, match="not written any more"):
        workflow.run(plugin="Linear", plugin_args={"status_callback": recorder})
    assert (tmp_path / "outer" / "gather").is_dir()


def test_a_recorder_that_is_used_again_begins_again(tmp_path):
    workflow = stranger(tmp_path)
    recorder = Recorder(workflow, tmp_path / "graph.html")
    for state in ("done", "cached"):
        workflow.run(plugin="Linear", plugin_args={"status_callback": recorder})
        recorder.close()
        steps = read_run(tmp_path / "graph.jsonl")["steps"]
        assert {step["state"] for step in steps.values()} == {state}


def test_nodes_of_another_workflow_are_none_of_ours(tmp_path):
    from nipype.interfaces.utility import Merge

    recorder = Recorder(stranger(tmp_path), tmp_path / "graph.html")
    recorder(pe.Node(Merge(1), name="foreign", base_dir=str(tmp_path)), "start")
    assert "foreign" not in (tmp_path / "graph.jsonl").read_text()
    recorder.close()
