import os
from pathlib import Path

import pytest
from nipype import config

HERE = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def quick_polls(tmp_path, monkeypatch):
    """Poll often, leave crash reports with the test, and let jobs import the test's own functions."""
    settings = {
        "poll_sleep_duration": "0.1",
        "create_report": "false",
        "crashdump_dir": str(tmp_path / "crashes"),
        # A run by the command line in this process leaves others, with which Nipype hashes nodes another way than the
        # scripts of these tests do.
        "remove_unnecessary_outputs": "true",
        "stop_on_first_crash": "false",
    }
    before = {name: config.get("execution", name) for name in settings}
    for name, value in {**settings, "crashfile_format": "txt"}.items():
        config.set("execution", name, value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    yield
    for name, value in before.items():
        config.set("execution", name, value or "")
