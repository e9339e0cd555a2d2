import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.cohort.unique_phenotypes import pooled_name, unique_phenotypes

NAMES = ["100-0.0", "100-2.0", "200-2.0", "300-2.1", "haemoglobin"]
P = np.array([[8.0, 9, 1, 1, np.nan], [1, 1, 8, 1, np.nan], [1, 20, 1, 1, np.nan], [1, 1, 9, 7.0, np.nan]])
FIRST = np.array([True, True, False, False])


def test_visits_and_regions_are_one_finding():
    found = unique_phenotypes(P, NAMES, FIRST)
    assert found.category == ["all"]
    assert (found.n_tested[0], found.n_first[0], found.n_second[0], found.n_both[0]) == (3, 2, 2, 2)
    assert found.n_pairs[0] == 5
    assert (found.largest[0], found.strongest[0]) == (20, "100")


def test_each_category_is_counted_for_itself():
    found = unique_phenotypes(P, NAMES, FIRST, ["diet", "diet", "blood", "diet", "blood"])
    assert found.category == ["blood", "diet", "all"]
    assert found.n_first.tolist() == [1, 1, 2]
    assert found.n_second.tolist() == [1, 1, 2]
    assert found.n_tested.tolist() == [1, 2, 3]


def test_a_lower_threshold_finds_more():
    assert unique_phenotypes(P, NAMES, FIRST, threshold=7).n_second[0] == 3


@pytest.mark.parametrize(
    ("name", "pooled"),
    [("4080-2.0", "4080"), ("f.4080.3.1", "4080"), ("x4080_2_0", "4080"), ("age", "age"), ("4080", "4080")],
)
def test_names_lose_visit_and_repeat(name, pooled):
    assert pooled_name(name) == pooled


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(QSMError, match="a row an idp and a column a phenotype"):
        unique_phenotypes(P, NAMES[:-1], FIRST)
