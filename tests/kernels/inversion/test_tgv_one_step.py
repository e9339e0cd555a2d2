import numpy as np
import pytest
from inversions import GRID, ball, error

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.inversion.tgv_one_step import tgv_one_step
from nipype_qsm.units import radians_per_ppm
from oracles import point_dipole_field

ECHOES = {"echo_times": [0.010, 0.020], "field_strength": 3.0}


def wrapped(background=4000.0, dtype=np.float32):
    """Return the wrapped phases of a ball under a strong outer dipole."""
    field, mask, chi = ball(dtype=dtype)
    total = field + background * point_dipole_field(GRID, (20.0, 16.0, 12.0))
    turns = [radians_per_ppm(time, 3.0) for time in ECHOES["echo_times"]]
    phases = np.stack([np.angle(np.exp(1j * turn * total)) for turn in turns], axis=-1)
    assert np.abs(turns[1] * (total - total[mask].mean())[mask]).max() > np.pi
    return phases.astype(dtype), mask, chi


def test_the_ball_is_found_under_wraps_and_background():
    phase, mask, chi = wrapped()
    result = tgv_one_step(phase, mask, GRID, **ECHOES, pad=8)
    inside = result.mask_tissue
    contrast = result.chi[inside & (chi > 0)].mean() - result.chi[inside & (chi == 0)].mean()
    assert 0.07 < contrast < 0.11  # measured 0.09
    assert not result.chi[~inside].any()
    assert result.converged
    assert len(result.iterations) == len(result.residual) == 2


def test_background_makes_little_difference():
    maps = [tgv_one_step(wrapped(size)[0], wrapped()[1], GRID, **ECHOES, pad=8) for size in (4000.0, 6000.0)]
    inside = maps[0].mask_tissue
    assert error(maps[0].chi, maps[1].chi, inside) < 0.02 * np.ptp(maps[0].chi)


def test_the_sign_of_the_phase_is_the_sign_of_the_map():
    phase, mask, _ = wrapped(dtype=np.float64)
    first, second = (tgv_one_step(sign * phase, mask, GRID, **ECHOES, pad=8).chi for sign in (1, -1))
    np.testing.assert_allclose(first, -second, atol=1e-4)


def test_the_map_scales_with_the_field_that_the_phase_stands_for():
    phase, mask, _ = wrapped(dtype=np.float64)
    weaker = {**ECHOES, "field_strength": 1.5}
    once, twice = (tgv_one_step(phase, mask, GRID, **facts, pad=8).chi for facts in (ECHOES, weaker))
    np.testing.assert_allclose(twice, 2 * once, atol=1e-6)


def test_it_turns_with_the_volume():
    phase, mask, _ = wrapped(dtype=np.float64)
    order = (2, 0, 1)
    shape, size, direction = (tuple(v[n] for n in order) for v in (GRID.shape, GRID.voxel_size, GRID.b0_direction))
    turned = tgv_one_step(
        phase.transpose(*order, 3), mask.transpose(order), Grid(shape, size, direction), **ECHOES, pad=8
    ).chi
    expected = tgv_one_step(phase, mask, GRID, **ECHOES, pad=8).chi.transpose(order)
    assert np.abs(turned - expected).max() < 0.06 * np.ptp(expected)  # as for the other inversions


def test_it_computes_in_the_precision_it_is_given():
    double, single = (tgv_one_step(wrapped(dtype=t)[0], ball()[1], GRID, **ECHOES, pad=8).chi for t in ("f8", "f4"))
    assert (double.dtype, single.dtype) == (np.float64, np.float32)
    np.testing.assert_allclose(single, double, atol=1e-3)


def test_zero_phase_makes_no_map():
    _, mask, _ = ball()
    zero = np.zeros((*GRID.shape, 2), np.float32)
    assert not tgv_one_step(zero, mask, GRID, **ECHOES).chi.any()


def test_the_inputs_are_left_alone():
    phase, mask, _ = wrapped()
    magnitude = np.full(phase.shape, 100, np.float32)
    before = phase.copy()
    for volume in (phase, mask, magnitude):
        volume.setflags(write=False)
    tgv_one_step(phase, mask, GRID, **ECHOES, magnitude=magnitude, pad=4)
    np.testing.assert_array_equal(phase, before)


def test_an_echo_without_signal_does_not_count():
    phase, mask, _ = wrapped()
    magnitude = np.full(phase.shape, 100, np.float32)
    magnitude[..., 1] = 0
    spoiled = phase.copy()
    spoiled[..., 1] = 1.0
    found = tgv_one_step(spoiled, mask, GRID, **ECHOES, magnitude=magnitude, pad=4)
    alone = tgv_one_step(
        phase[..., :1], mask, GRID, echo_times=[0.010], field_strength=3.0, magnitude=magnitude[..., :1], pad=4
    )
    np.testing.assert_allclose(found.chi, alone.chi, atol=1e-5)


def test_each_erosion_takes_a_layer():
    phase, mask, _ = wrapped()
    kept = [tgv_one_step(phase, mask, GRID, **ECHOES, erosions=n, pad=4).mask_tissue.sum() for n in (1, 2, 3)]
    assert kept == sorted(kept, reverse=True)
    assert len(set(kept)) == 3


def test_too_few_iterations_warn_with_their_numbers():
    phase, mask, _ = wrapped()
    with pytest.warns(RuntimeWarning, match="TGV stopped after 2 iterations"):
        assert not tgv_one_step(phase, mask, GRID, **ECHOES, max_iterations=2, pad=4).converged


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [({"erosions": 30}, "fewer erosions"), ({"echo_times": [0.01]}, "one volume"), ({"second_order_mm": 0}, "above 0")],
)
def test_what_cannot_work_is_refused_with_its_cure(wrong, cure):
    phase, mask, _ = wrapped()
    with pytest.raises(QSMError, match=cure):
        tgv_one_step(phase, mask, GRID, **{**ECHOES, **wrong})
