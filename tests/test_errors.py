"""Errors carry their cure, also from one process to another."""

import pickle

import pytest

from nipype_qsm import errors

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.QSMError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_cannot_be_made_without_a_cure(kind):
    with pytest.raises(TypeError, match="remedy"):
        kind("It is broken.")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_the_problem_and_then_the_cure(kind):
    assert str(kind("It is broken.", remedy="Mend it.")) == "It is broken.  Mend it."


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_between_processes(kind):
    there_and_back = pickle.loads(pickle.dumps(kind("It is broken.", remedy="Mend it.")))
    assert type(there_and_back) is kind
    assert (there_and_back.problem, there_and_back.remedy) == ("It is broken.", "Mend it.")


def test_every_error_is_a_value_error():
    assert len(KINDS) >= 7
    assert all(issubclass(kind, ValueError) for kind in KINDS)
