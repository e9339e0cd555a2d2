"""What every test may ask for."""

import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("NO_ET", "1")
os.environ.setdefault("FSLOUTPUTTYPE", "NIFTI")
os.environ.setdefault("MPLBACKEND", "Agg")

import nibabel as nib
import numpy as np
import pytest
from hypothesis import settings
from slurm_cluster import Cluster, missing
from stand_ins import path_with_programs

# The same examples every time, so that a green commit stays green; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def rng():
    """The one seeded generator."""
    return np.random.default_rng(20221)


@pytest.fixture(scope="session")
def shared_data():
    """A folder of the shared data by name; the test is skipped where it is absent."""

    def find(name):
        folder = SHARED / name
        if not folder.is_dir():
            pytest.skip(f"real data {name} is not beside this checkout")
        return folder

    return find


@pytest.fixture(scope="session")
def small_subject(tmp_path_factory):
    """A coarse digital subject of three coils, made once: its UK Biobank tree, its BIDS tree and its truth."""
    from nipype_qsm.phantoms import DigitalSubject

    folder = tmp_path_factory.mktemp("subject")
    subject = DigitalSubject("small", seed=1, n_coils=3, threads=1)
    subject.write_bids(folder / "bids", uncombined=True)
    subject.write_ukb(folder / "ukb")
    return folder


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


@pytest.fixture
def write_nifti(tmp_path):
    """Write an array as NIfTI with a given affine (1 mm, no rotation by default) and return its path."""

    def write(name, array, affine=None):
        array = np.asarray(array)
        array = array.astype(np.uint8) if array.dtype == bool else array
        path = tmp_path / name
        nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
        return str(path)

    return write


@pytest.fixture
def oblique_affine():
    """Return a maker of scanner affines, turned by two angles, with a voxel size in mm."""

    def make(voxel_size=(1.0, 1.0, 1.0), degrees=(15.0, 10.0)):
        a, b = np.deg2rad(degrees)
        about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
        about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        affine = np.eye(4)
        affine[:3, :3] = about_x @ about_y @ np.diag(voxel_size)
        return affine

    return make


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put stand-ins of the external programs on the PATH, so that interfaces to them can be made."""
    monkeypatch.setenv("PATH", path_with_programs(tmp_path / "bin"))
