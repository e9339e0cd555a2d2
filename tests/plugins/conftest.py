import os
import shutil
import tempfile
from pathlib import Path

import pytest
from slurm_cluster import Cluster, missing
from nipype import config


@pytest.fixture(autouse=True)
def quick_polls(tmp_path, monkeypatch):
    """Poll often, leave crash reports with the test, and let jobs import the test's own functions."""
    settings = {"poll_sleep_duration": "0.1", "create_report": "false", "crashdump_dir": str(tmp_path / "crashes")}
    before = {name: config.get("execution", name) for name in settings}
    for name, value in {**settings, "crashfile_format": "txt"}.items():
        config.set("execution", name, value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    yield
    for name, value in before.items():
        config.set("execution", name, value or "")


@pytest.fixture(scope="session")
def running_cluster():
    absent = missing()
    if absent:
        pytest.skip(f"no Slurm here (packages slurm-wlm and munge): {', '.join(absent)} missing")
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def slurm(running_cluster, monkeypatch):
    """Return a running Slurm that this process's commands talk to."""
    for name in ("SLURM_CONF", "PATH"):
        monkeypatch.setenv(name, running_cluster.environment[name])
    return running_cluster
