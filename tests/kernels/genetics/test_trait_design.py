"""What is left of traits after the covariates, and who has them."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.genetics.trait_design import require_people, trait_design


def test_traits_are_orthogonal_to_the_covariates_over_their_own_people(rng):
    traits, covariates = rng.normal(size=(60, 3)) + 5, rng.normal(size=(60, 4))
    traits[:20, 1] = np.nan
    design = trait_design(traits, covariates)
    assert abs(design.weights[:, :3].T @ covariates).max() < 1e-4  # single precision; measured 4e-6
    assert list(design.n) == [60, 40, 60]
    assert list(design.dof) == [54, 34, 54]
    assert len(design.patterns) == 2
    assert not design.weights[:20, 1].any()


def test_people_without_a_covariate_are_left_out(rng):
    covariates = rng.normal(size=(30, 1))
    covariates[4] = np.nan
    assert list(trait_design(rng.normal(size=(30, 2)), covariates).n) == [29, 29]


def test_collinear_covariates_count_once(rng):
    one = rng.normal(size=(30, 1))
    assert list(trait_design(rng.normal(size=(30, 1)), np.hstack([one, 2 * one, 0 * one])).dof) == [27]


def test_taking_covariates_from_traits_alone_costs_no_degrees_of_freedom(rng):
    design = trait_design(rng.normal(size=(30, 1)), rng.normal(size=(30, 4)), from_genotypes=False)
    assert list(design.dof) == [28]
    assert design.weights.shape == (30, 2)


def test_traits_that_cannot_be_tested_are_named_with_the_reason(rng):
    traits, covariates = rng.normal(size=(20, 3)), rng.normal(size=(20, 5))
    traits[6:, 1] = np.nan
    traits[:, 2] = covariates[:, 0] * 3 + 1
    told = require_people(trait_design(traits, covariates), ["a", "b", "c"])
    assert told == ["b: 6 people are too few for 5 covariates", "c: nothing is left of it after the covariates"]
    with pytest.raises(QSMError, match="No trait can be tested"):
        require_people(trait_design(traits[:, 1:2], covariates), ["b"])
