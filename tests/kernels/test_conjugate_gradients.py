"""Conjugate gradients: the same answer as a direct solution, and honest numbers."""

import numpy as np
import pytest

from nipype_qsm.kernels.conjugate_gradients import conjugate_gradients, half_spectrum_product

SHAPE = (3, 4, 2)


@pytest.fixture
def system(rng):
    """A positive matrix and its operator on volumes."""
    root = rng.normal(size=(24, 24))
    matrix = root @ root.T + 24 * np.eye(24)
    return matrix, lambda volume: (matrix @ volume.ravel()).reshape(SHAPE).astype(np.float32)


@pytest.mark.parametrize("started", [False, True])
def test_it_equals_the_direct_solution_wherever_it_starts(system, started, rng):
    matrix, apply = system
    right = rng.normal(size=SHAPE).astype(np.float32)
    start = rng.normal(size=SHAPE).astype(np.float32) if started else None
    before = right.copy(), None if start is None else start.copy()
    found = conjugate_gradients(apply, right, start, tolerance=1e-5, max_iterations=100, name="This")
    assert found.converged and 0 < found.iterations < 50 and found.residual <= 1e-5
    # Measured: 6e-7 of 0.08.
    np.testing.assert_allclose(found.volume.ravel(), np.linalg.solve(matrix, right.ravel()), atol=1e-5)
    np.testing.assert_array_equal(right, before[0])
    if start is not None:
        np.testing.assert_array_equal(start, before[1])


def test_nothing_asked_is_answered_by_nothing(system):
    found = conjugate_gradients(system[1], np.zeros(SHAPE, np.float32), tolerance=0.1, max_iterations=5, name="This")
    assert found.iterations == 0 and found.converged and not found.volume.any()


def test_the_limit_warns_with_its_numbers(system, rng):
    right = rng.normal(size=SHAPE).astype(np.float32)
    with pytest.warns(RuntimeWarning, match=r"This stopped after 2 iterations \(limit 2\)"):
        found = conjugate_gradients(system[1], right, tolerance=1e-6, max_iterations=2, name="This")
    assert not found.converged and found.residual > 1e-6


def test_what_is_no_number_does_not_pass_in_silence(system):
    with pytest.warns(RuntimeWarning, match="residual of nan"):
        found = conjugate_gradients(
            system[1], np.full(SHAPE, np.nan, np.float32), tolerance=0.1, max_iterations=2, name="This"
        )
    assert not found.converged


def test_a_preconditioner_saves_iterations_to_the_same_solution(rng):
    scales = np.logspace(-2, 2, 24).reshape(SHAPE).astype(np.float32)
    matrix = np.diag(scales.ravel()) + 1e-3
    right = rng.normal(size=SHAPE).astype(np.float32)
    options = {"tolerance": 1e-5, "max_iterations": 200, "name": None}

    def apply(volume):
        return (matrix @ volume.ravel()).reshape(SHAPE).astype(np.float32)

    plain = conjugate_gradients(apply, right, **options)
    better = conjugate_gradients(apply, right, preconditioner=1 / scales, **options)
    assert better.converged
    assert better.iterations < 0.5 * plain.iterations
    solution = np.linalg.solve(matrix, right.ravel())
    np.testing.assert_allclose(better.volume.ravel(), solution, atol=1e-4 * np.abs(solution).max())


@pytest.mark.parametrize("n", [6, 7])
def test_the_product_of_half_spectra_is_that_of_the_volumes(rng, n):
    first, second = rng.normal(size=(2, 5, 4, n))
    product = half_spectrum_product(n % 2 == 0)
    spectra = (np.fft.rfftn(volume) for volume in (first, second))
    assert product(*spectra) / first.size == pytest.approx(np.vdot(first, second))
