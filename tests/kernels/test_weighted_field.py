import numpy as np
import pytest
from inversions import GRID, ball

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.weighted_field import LEAST_SHARE, WeightedField, inconsistency, trust_and_price


def prepared(field, mask, magnitude=None):
    return WeightedField.prepare(field, mask, GRID, magnitude, outside_cost=0.02, pad=8)


def test_noise_is_as_strong_on_the_cone_as_elsewhere(rng):
    noise = rng.normal(size=GRID.shape).astype(np.float32)
    # 0.96 here
    assert inconsistency(noise, dipole_kernel(GRID), GRID) == pytest.approx(1, abs=0.1)


def test_the_field_of_a_ball_leaves_the_cone_nearly_empty():
    field, mask, _ = ball()
    assert inconsistency(field * mask, dipole_kernel(GRID), GRID) < 0.5


def test_half_the_median_signal_is_trusted_by_half_and_more_than_the_median_not_more():
    inside = np.ones(GRID.shape, bool)
    magnitude = np.full(GRID.shape, 100, np.float32)
    magnitude[3, 4, 5], magnitude[9, 9, 9] = 50, 300
    trust, price = trust_and_price(inside, magnitude, GRID)
    assert (trust[3, 4, 5], trust[9, 9, 9], trust[0, 0, 0]) == (0.5, 1, 1)
    assert price[2, 4, 5] == price[3, 4, 5] == 0


def test_without_magnitude_every_voxel_of_the_mask_counts_alike():
    _, mask, _ = ball()
    for values in trust_and_price(mask, None, GRID):
        np.testing.assert_array_equal(values, mask)


def test_the_field_has_unit_power_and_the_result_is_scaled_back():
    field, mask, _ = ball()
    problem = prepared(field, mask)
    assert np.sqrt(np.mean(problem.field[problem.inside] ** 2)) == pytest.approx(1, abs=1e-4)
    chi = problem.result(problem.field, field)
    np.testing.assert_allclose(chi[mask], field[mask] - field[mask].mean(), atol=1e-6)
    assert not chi[~mask].any()


def test_the_share_of_error_does_not_depend_on_the_room_of_the_inversion(rng):
    field, mask, _ = ball()
    noisy = field + rng.normal(0, 0.003, GRID.shape).astype(np.float32)
    shares = [
        WeightedField.prepare(noisy, mask, GRID, None, outside_cost=0.02, pad=pad).inconsistency for pad in (0, 8, 24)
    ]
    assert len(set(shares)) == 1
    assert 0.2 < shares[0] < 1


def test_no_field_has_no_scale_and_the_least_share():
    field, mask, _ = ball()
    problem = prepared(np.zeros_like(field), mask)
    assert (problem.scale, problem.share) == (0, LEAST_SHARE)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        prepared(field, np.zeros_like(mask))
