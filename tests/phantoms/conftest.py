"""One small subject for all tests of the phantoms: it takes about two seconds to simulate."""

import pytest

from nipype_qsm.phantoms import DigitalSubject


@pytest.fixture(scope="session")
def subject():
    return DigitalSubject("small", seed=1, n_coils=4, obliquity=(12.0, -7.0), threads=1)


@pytest.fixture(scope="session")
def truth(subject):
    return subject.truth()
