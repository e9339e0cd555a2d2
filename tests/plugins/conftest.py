import os
from pathlib import Path

import pytest
from nipype import config

HERE = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def quick_polls(tmp_path, monkeypatch):
    """Poll often, leave crash reports with the test, and let jobs import the test's own functions."""
    settings = {"poll_sleep_duration": "0.1", "create_report": "false", "crashdump_dir": str(tmp_path / "crashes")}
    before = {name: config.get("execution", name) for name in settings}
    for name, value in {**settings, "crashfile_format": "txt"}.items():
        config.set("execution", name, value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    yield
    for name, value in before.items():
        config.set("execution", name, value or "")
