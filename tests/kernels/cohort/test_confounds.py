import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.confounds import confounds


@pytest.fixture
def people(rng):
    n = 900
    return {
        "continuous": np.column_stack([rng.uniform(45, 80, n), rng.normal(1.3, 0.1, n)]),
        "categorical": np.column_stack([rng.integers(0, 2, n), rng.integers(0, 3, n)]).astype(float),
        "site": rng.choice(["cheadle", "reading"], n),
    }


NAMES = {"continuous_names": ["age", "head size"], "categorical_names": ["sex", "protocol"]}


def test_every_confound_is_split_by_site_and_normalised_within_it(people):
    found = confounds(**people, **NAMES, nonlinear="none")
    assert found.names == [
        "site reading",
        *("age@cheadle", "head size@cheadle", "age x sex@cheadle", "sex@cheadle"),
        *("protocol=1@cheadle", "protocol=2@cheadle"),
        *("age@reading", "head size@reading", "age x sex@reading", "sex@reading"),
        *("protocol=1@reading", "protocol=2@reading"),
    ]
    for name, column in zip(found.names[1:], found.columns.T[1:], strict=True):
        inside = people["site"] == name.partition("@")[2]
        assert not column[~inside].any()
        assert column[inside].mean() == pytest.approx(0, abs=1e-12)
        assert column[inside].std() == pytest.approx(1)
    np.testing.assert_array_equal(found.columns[:, 0], np.where(people["site"] == "reading", 1, -1))


def test_the_product_of_age_and_sex_is_that_of_the_normalised_two(people):
    found = confounds(**people, **NAMES, nonlinear="none")
    inside = people["site"] == "cheadle"
    age, sex = people["continuous"][inside, 0], people["categorical"][inside, 0]
    product = (age - age.mean()) / age.std() * (sex - sex.mean()) / sex.std()
    expected = (product - product.mean()) / product.std()
    np.testing.assert_allclose(found.columns[inside, found.names.index("age x sex@cheadle")], expected, atol=1e-12)


def test_outliers_take_their_sites_median_and_gaps_its_mean(people):
    people["continuous"][[4, 9], 1] = 50.0, np.nan
    found = confounds(**people, **NAMES, nonlinear="none")
    assert found.n_replaced == 1
    assert not np.isnan(found.columns).any()
    site = people["site"][9]
    assert found.columns[9, found.names.index(f"head size@{site}")] == 0
    site = people["site"][4]
    assert abs(found.columns[4, found.names.index(f"head size@{site}")]) < 0.2  # the median, near the mean


def test_bends_are_residuals_of_what_is_linear_and_have_three_forms(people):
    found = confounds(**people, **NAMES)
    bends = [name for name in found.names if "^2" in name or "rank" in name]
    assert "age^2@cheadle" in bends
    assert "rank(head size)@reading" in bends
    assert "rank(age^2)@reading" in bends
    straight = found.columns[:, [name not in bends for name in found.names]]
    for name in bends:
        column = found.columns[:, found.names.index(name)]
        assert max(abs(np.corrcoef(column, other)[0, 1]) for other in straight.T) < 1e-9  # 2e-15


def test_screening_keeps_the_bend_that_the_phenotypes_follow(people, rng):
    age = people["continuous"][:, 0]
    idps = 0.02 * (age[:, None] - 62) ** 2 + rng.normal(size=(900, 12))
    kept = confounds(**people, idps=idps, **NAMES, nonlinear="screened").names
    assert {"age^2@cheadle", "age^2@reading"} & set(kept)
    assert not [name for name in kept if "head size^2" in name]
    assert len(kept) < len(confounds(**people, idps=idps, **NAMES).names)


def test_products_are_made_on_request_within_each_site(people):
    found = confounds(**people, **NAMES, nonlinear="none", crossed="all")
    assert "age@cheadle x head size@cheadle" in found.names
    assert not [name for name in found.names if "cheadle" in name and "reading" in name]


def test_drift_over_the_date_becomes_a_confound(people, rng):
    date = rng.uniform(2014, 2019, 900)
    idps = np.sin(3 * date)[:, None] * [1.0, -2.0, 0.5] * 3 + 0.1 * rng.normal(size=(900, 3))
    found = confounds(**people, clock=date[:, None], idps=idps, **NAMES, nonlinear="none")
    drift = [name for name in found.names if name.startswith("drift")]
    assert drift
    design = np.column_stack([np.ones(900), found.columns])
    left = idps - design @ np.linalg.lstsq(design, idps, rcond=None)[0]
    assert left.var() < 0.06 * idps.var()  # 0.011


def test_small_sites_and_rare_levels_have_no_column_of_their_own(people):
    people["site"][:5] = "pilot"
    people["categorical"][:8, 1] = 7
    names = confounds(**people, **NAMES, nonlinear="none").names
    assert not [name for name in names if "pilot" in name or "=7" in name]


def test_one_site_has_names_without_it(people):
    people["site"] = np.zeros(900)
    assert confounds(**people, **NAMES, nonlinear="none").names[:2] == ["age", "head size"]


def test_faults_are_told_with_their_cure(people):
    with pytest.raises(QSMError, match="Give idps"):
        confounds(**people, nonlinear="screened")
    with pytest.raises(QSMError, match="one name a column"):
        confounds(**people, continuous_names=["age"])
    with pytest.raises(QSMError, match="Give one site to all"):
        confounds(np.ones((4, 1)), np.ones((4, 1)), np.arange(4))
