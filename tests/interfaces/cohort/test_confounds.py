import numpy as np
import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.confounds import BuildConfounds


@pytest.fixture
def covariates(rng):
    n = 200
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), "D")
    return {
        "site": rng.choice(["11025", "11027"], n),
        "sex": rng.choice(["F", "M"], n),
        "age": rng.uniform(45, 80, n),
        "head size": rng.normal(1.3, 0.1, n),
        "flipped": rng.integers(0, 2, n),
        "date": days.strftime("%Y-%m-%d"),
        "time": [f"{hour}:30" for hour in rng.integers(8, 18, n)],
    }


def test_columns_are_taken_for_what_they_are(covariates, save):
    path = save("c.tsv", covariates, range(1, 201))
    made = pd.read_parquet(BuildConfounds(covariates=path, nonlinear="none").run().outputs.confounds)
    assert {
        "eid",
        "site 11027",
        "age@11025",
        "head size@11027",
        "sex@11025",
        "flipped@11027",
        "age x sex@11025",
    } <= set(made)
    assert not [name for name in made if "date" in name or "time" in name]
    assert not made.isna().any().any()


def test_a_date_and_phenotypes_give_drift(covariates, save, rng):
    dates = pd.to_datetime(covariates["date"])
    years = dates.year + dates.day_of_year / 365.25
    idps = save("i.tsv", {"a": 5 * np.sin(4 * years) + 0.1 * rng.normal(size=200)}, range(1, 201))
    made = pd.read_parquet(
        BuildConfounds(covariates=save("c.tsv", covariates, range(1, 201)), idps=idps).run().outputs.confounds
    )
    assert "drift 1" in made


def test_a_date_that_is_none_is_refused_with_its_cure(covariates, save):
    covariates["date"] = ["12th May"] * 200
    with pytest.raises(QSMError, match=r"'12th May' in column date.*YYYY-MM-DD"):
        BuildConfounds(covariates=save("c.tsv", covariates, range(1, 201))).run()


def test_an_unknown_category_is_refused(covariates, save):
    with pytest.raises(QSMError, match="no column batch"):
        BuildConfounds(covariates=save("c.tsv", covariates, range(1, 201)), categorical=["batch"]).run()
