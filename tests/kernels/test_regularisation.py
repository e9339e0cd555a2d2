import numpy as np
import pytest
from inversions import GRID, ball

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.regularisation import (
    Trial,
    closed_form_weight,
    error_to_signal,
    l_curve,
    noise_energy,
    selected_weight,
    spectral_inequality,
)


def test_the_corner_of_a_drawn_l_is_found():
    weights = np.logspace(-4, 0, 33)
    # signal is lost beyond 0.01, noise comes back below it
    misfits, penalties = np.sqrt(1 + (weights / 0.01) ** 2), np.sqrt(1 + (0.01 / weights) ** 2)
    assert l_curve(weights, misfits, penalties) == pytest.approx(0.01, rel=0.4)


def test_units_of_the_data_do_not_move_the_corner():
    weights = np.logspace(-4, 0, 33)
    misfits, penalties = np.sqrt(1 + (weights / 0.03) ** 2), np.sqrt(1 + (0.003 / weights) ** 2)
    assert l_curve(weights, misfits, penalties) == l_curve(weights, 7 * misfits, 0.2 * penalties)


def test_four_points_are_refused_with_the_cure():
    with pytest.raises(QSMError, match="five weights"):
        l_curve(np.ones(4), np.ones(4), np.ones(4))


def test_the_closed_form_is_the_curve_of_the_solutions_themselves(rng):
    gain, penalty = rng.random((6, 7, 8)) ** 2, rng.uniform(0.5, 2, (6, 7, 8))
    chi = 10 * rng.normal(size=gain.shape)
    data = np.sqrt(gain) * chi + rng.normal(0, 0.3, gain.shape)
    weights = np.logspace(-5, 1, 49)
    norms = []
    for weight in weights:
        found = np.sqrt(gain) * data / (gain + weight * penalty)
        norms.append((np.linalg.norm(np.sqrt(gain) * found - data), np.linalg.norm(np.sqrt(penalty) * found)))
    expected = l_curve(weights, *np.array(norms).T)
    # ratios are binned: at most one weight away
    assert closed_form_weight(data**2, gain, penalty) == pytest.approx(expected, rel=0.35)


def test_no_data_choose_a_weight_all_the_same():
    assert closed_form_weight(np.zeros((3, 3, 3)), np.ones((3, 3, 3)), np.ones((3, 3, 3))) == 1


def test_the_ratio_of_error_to_signal_grows_with_the_noise_but_not_with_the_field(rng):
    field, mask, _ = ball()
    noise = rng.normal(0, 1, field.shape).astype(np.float32)
    ratios = [error_to_signal(field + np.float32(level) * noise, mask, GRID) for level in (0, 0.003, 0.02)]
    assert ratios == sorted(ratios)
    # all noise: limited
    assert error_to_signal(noise, mask, GRID) < 0.99**2 / (1 - 0.99**2) * 1.001
    assert error_to_signal(5 * field, mask, GRID) == pytest.approx(ratios[0], rel=1e-4)
    assert error_to_signal(0 * field, mask, GRID) == 1


def test_the_noise_in_a_field_is_found(rng):
    field, mask, _ = ball()
    noise = rng.normal(size=field.shape).astype(np.float32)
    trust = mask * np.float32(0.7)
    # All noise: 1.01; half of the energy: 0.51; the field alone, with edges sharp as the voxels: 0.02.
    level = field[mask].std() / noise[mask].std()
    found = [noise_energy(f, trust, GRID) for f in (noise, field + np.float32(level) * noise, field)]
    assert found[0] == pytest.approx(1, abs=0.1) and found[1] == pytest.approx(0.5, abs=0.1) and found[2] < 0.1
    assert noise_energy(7 + 3 * field, trust, GRID) == pytest.approx(found[2], rel=1e-3)
    turned = Grid(*(tuple(np.roll(part, 1)) for part in (GRID.shape, GRID.voxel_size, GRID.b0_direction)))
    other = noise_energy(field.transpose(2, 0, 1), trust.transpose(2, 0, 1), turned)
    assert other == pytest.approx(found[2], rel=1e-4)
    assert noise_energy(0 * field, trust, GRID) == 1


def test_white_noise_is_equally_strong_for_small_and_large_dipole_kernels(rng):
    grid = Grid((32, 36, 28), (1.0, 1.0, 1.5), (0.0, 0.0, 1.0))
    noise = rng.normal(size=grid.shape).astype(np.float32)
    kernel = dipole_kernel(grid)
    weakened = backward(forward(noise) * np.where(np.abs(kernel) < 0.3, np.float32(0.3), 1), grid.shape)
    # 0.02 and 0.31: (1 - 0.3)^2 / (1 + 0.3)^2 = 0.29
    assert spectral_inequality(noise, grid, kernel) < 0.05
    assert spectral_inequality(weakened, grid, kernel) > 0.2


def test_the_weight_with_the_most_equal_spectrum_is_chosen(rng):
    grid = Grid((32, 36, 28), (1.0, 1.0, 1.5), (0.0, 0.0, 1.0))
    kernel = dipole_kernel(grid)
    spectrum = forward(rng.normal(size=grid.shape).astype(np.float32))

    def trial(weight):
        part = np.where(np.abs(kernel) < 0.3, np.float32(2.0 / (1 + weight / 6)), 1)
        return Trial(backward(spectrum * part, grid.shape), weight, 1 / weight)

    assert selected_weight(trial, 2.0, "frequency", grid, kernel) == 6.0


def test_the_corner_of_trials_is_chosen():
    grid = Grid((8, 8, 8), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0))

    def trial(weight):
        return Trial(np.zeros(grid.shape), 1 + weight, 1 + 1 / weight)

    assert selected_weight(trial, 1.0, "l_curve", grid, dipole_kernel(grid)) == 1.0
