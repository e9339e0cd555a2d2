from importlib import import_module

import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field, dipole_kernel
from nipype_qsm.kernels.fourier import forward
from nipype_qsm.kernels.inversion.ilsqr import ilsqr
from nipype_qsm.kernels.inversion.tkd import tkd
from oracles import ilsqr_in_complex128

module = import_module("nipype_qsm.kernels.inversion.ilsqr")


def noisy_ball(rng):
    field, mask, chi = ball()
    return field + np.where(mask, rng.normal(0, 0.002, field.shape), 0).astype(np.float32), mask, chi


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(ilsqr, law)


def test_it_is_the_paper_in_complex_double_precision_on_the_whole_grid(rng):
    # 21 voxels and a pad of 2 are 25, odd and fast: both see the same k-space
    grid = Grid((21, 21, 21), (1.0, 1.0, 1.5), (0.2, 0.1, 0.97))
    radius = np.sqrt(sum(p**2 for p in np.meshgrid(*[np.arange(-10, 11)] * 3)))
    mask, chi = radius < 10.5, np.where(radius < 4, 0.1, 0)
    field = dipole_field(chi, grid, pad=12) + rng.normal(0, 0.002, mask.shape)
    expected = ilsqr_in_complex128(field, mask, grid, 2)
    found = ilsqr(field.astype(np.float32), mask, grid, streak_tolerance=0.01, pad=2).chi
    error = np.sqrt(np.mean((found - expected)[mask] ** 2))
    # percentiles of half of k-space differ a little from those of the whole
    assert error < 1e-3 * np.ptp(expected)


def test_cropping_to_the_mask_changes_nothing(rng, monkeypatch):
    field, mask, _ = noisy_ball(rng)
    cropped = ilsqr(field, mask, GRID, pad=8).chi
    monkeypatch.setattr(module, "bounding_box", lambda mask: tuple(slice(0, n) for n in mask.shape))
    whole = ilsqr(field, mask, GRID, pad=8).chi
    # 1e-6: rounding
    assert np.abs(cropped - whole).max() < 1e-5 * np.ptp(whole)


def test_it_errs_less_in_the_cone_than_thresholded_division(rng):
    field, mask, chi = noisy_ball(rng)
    cone = np.abs(dipole_kernel(GRID)) < 0.1

    def energy(found):
        error = np.where(mask, found - chi - (found - chi)[mask].mean(), 0)
        return np.sum(np.abs(forward(error))[cone] ** 2)

    # 0.64 times. The energy of the map itself says nothing: both have less of it in the cone than the truth.
    assert energy(ilsqr(field, mask, GRID, pad=8).chi) < 0.8 * energy(tkd(field, mask, GRID, pad=8))


@pytest.mark.parametrize("asked", [{}, {"streak_tolerance": 0.01}])
def test_it_reports_iterations_and_residuals_that_meet_the_tolerances(rng, asked):
    field, mask, _ = noisy_ball(rng)
    result = ilsqr(field, mask, GRID, **asked, pad=8)
    assert result.converged
    assert all(0 < n < 50 for n in result.iterations)
    assert result.residual[0] <= 0.01
    assert result.residual[1] <= asked.get("streak_tolerance", 0.1)


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = noisy_ball(rng)
    with pytest.warns(RuntimeWarning, match="stopped after 2 and 2 iterations"):
        result = ilsqr(field, mask, GRID, max_iterations=2, pad=8)
    assert not result.converged
    assert result.iterations == [2, 2]


def test_a_field_that_is_not_a_number_somewhere_does_not_count_as_solved(rng):
    field, mask, _ = noisy_ball(rng)
    field[tuple(np.argwhere(mask)[0])] = np.nan
    with pytest.warns(RuntimeWarning, match="nan"):
        assert not ilsqr(field, mask, GRID, max_iterations=3, pad=8).converged


def test_signed_weights_are_another_method(rng):
    field, mask, _ = noisy_ball(rng)
    a, b = (ilsqr(field, mask, GRID, signed_weights=signed, pad=8).chi for signed in (False, True))
    assert np.abs(a - b).max() > 1e-3


def test_the_surface_of_a_strong_source_keeps_half_its_weight_whatever_its_sign():
    _, mask, chi = ball(chi_inside=2.0)
    field = dipole_field(chi, GRID, pad=16)
    weights = [
        module._trust(module._Problem.cropped(sign * field, mask, GRID), signed)
        for signed in (False, True)
        for sign in (1, -1)
    ]
    inside = np.pad(mask, ((0, 1),) * 3)
    np.testing.assert_array_equal(weights[0], weights[1])
    assert weights[0][inside].min() == pytest.approx(0.5, abs=1e-3)
    # to the letter, one sign of the Laplacian loses all and the other nothing
    assert weights[2][inside].min() == weights[3][inside].min() == 0
    assert np.abs(weights[2] - weights[3]).max() == pytest.approx(1, abs=1e-3)


def test_the_map_is_zero_on_average(rng):
    field, mask, _ = noisy_ball(rng)
    assert abs(ilsqr(field, mask, GRID, pad=8).chi[mask].mean()) < 1e-6


@pytest.mark.parametrize("option", [{"tolerance": 0}, {"streak_tolerance": 1.5}, {"cone_threshold": 0.5}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match=f"{next(iter(option))} .* Give a number between"):
        ilsqr(field, mask, GRID, **option)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        ilsqr(field, np.zeros_like(mask), GRID)
