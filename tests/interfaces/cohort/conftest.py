"""A small cohort as files."""

import numpy as np
import pandas as pd
import pytest

NAMES = ["QSM_Left_thalamus", "QSM_WMH", "T2_Left_thalamus", "T2_WMH", "WMH_volume"]


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def save(in_folder):
    """Write a frame or a dictionary of columns, and return the path."""

    def write(name, columns, ids=None):
        frame = pd.DataFrame(columns)
        if ids is not None:
            frame.insert(0, "eid", ids)
        path = in_folder / name
        if name.endswith("parquet"):
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, sep="," if name.endswith("csv") else "\t", index=False)
        return str(path)

    return write


@pytest.fixture
def cohort(rng, save):
    """Phenotypes of 150 subjects, in files of different order: frames by id, and their paths."""
    n = 150
    ids = np.arange(1000001, 1000001 + n)
    confounds = pd.DataFrame(rng.normal(size=(n, 3)), columns=["age", "head", "motion"], index=ids)
    idps = pd.DataFrame(rng.normal(size=(n, 5)) + confounds[["age"]].to_numpy(), columns=NAMES, index=ids)
    idps["WMH_volume"] = rng.lognormal(8, 1, n)
    idps = idps.mask(rng.random(idps.shape) < 0.03)
    phenotypes = pd.DataFrame(
        rng.normal(size=(n, 4)) + confounds[["age"]].to_numpy(),
        columns=["10-2.0", "20-2.0", "30-2.0", "40-2.0"],
        index=ids,
    )
    phenotypes["10-2.0"] += idps["QSM_WMH"].fillna(0)
    phenotypes = phenotypes.mask(rng.random(phenotypes.shape) < 0.2)
    frames = {"idps": idps, "phenotypes": phenotypes, "confounds": confounds}
    endings = {"idps": "tsv", "phenotypes": "csv", "confounds": "parquet"}
    paths = {}
    for name, frame in frames.items():
        shuffled = frame.sample(frac=1, random_state=len(name))
        paths[name] = save(f"{name}.{endings[name]}", shuffled, shuffled.index)
    return frames, paths
