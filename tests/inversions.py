"""Laws of every dipole inversion, and a ball whose field is known."""

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field

GRID = Grid((24, 27, 20), (1.0, 1.0, 1.5), (0.2, 0.1, 0.97))


def ball(chi_inside=0.1, dtype=np.float32):
    """Return the field [ppm] of a ball, the mask of a larger one around it, and the ball's susceptibility."""
    place = np.meshgrid(*((np.arange(n) - n // 2) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True)))
    radius = np.sqrt(sum(np.swapaxes(p, 0, 1) ** 2 for p in place))
    chi = np.where(radius < 4.5, chi_inside, 0).astype(dtype)
    return dipole_field(chi, GRID, pad=16).astype(dtype), radius < 10.5, chi


def with_noise(rng, level):
    """Return the ball with white noise on its field."""
    field, mask, chi = ball()
    return (field + rng.normal(0, level, field.shape)).astype(np.float32), mask, chi


def error(found, chi, mask):
    """Return the root mean square difference without the mean."""
    difference = (found - chi)[mask]
    return np.sqrt(np.mean((difference - difference.mean()) ** 2))


def scales_with_the_field(invert):
    field, mask, _ = ball(dtype=np.float64)
    np.testing.assert_allclose(invert(2 * field, mask, GRID), 2 * invert(field, mask, GRID), atol=1e-6)


def changes_sign_with_the_field(invert):
    field, mask, _ = ball(dtype=np.float64)
    np.testing.assert_allclose(invert(-field, mask, GRID), -invert(field, mask, GRID), atol=1e-6)


def makes_zero_of_zero(invert):
    field, mask, _ = ball()
    assert not invert(np.zeros_like(field), mask, GRID).any()


def is_zero_outside_the_mask_and_ignores_the_field_there(invert):
    field, mask, _ = ball()
    found = invert(field, mask, GRID)
    assert not found[~mask].any()
    np.testing.assert_array_equal(found, invert(np.where(mask, field, 7), mask, GRID))


def does_not_care_for_the_sign_of_b0(invert):
    field, mask, _ = ball()
    other = Grid(GRID.shape, GRID.voxel_size, tuple(-b for b in GRID.b0_direction))
    np.testing.assert_array_equal(invert(field, mask, GRID), invert(field, mask, other))


def turns_with_the_volume(invert):
    field, mask, _ = ball(dtype=np.float64)
    order = (2, 0, 1)

    def turned(values):
        return tuple(values[axis] for axis in order)

    grid = Grid(turned(GRID.shape), turned(GRID.voxel_size), turned(GRID.b0_direction))
    found = invert(field.transpose(order), mask.transpose(order), grid)
    expected = invert(field, mask, GRID).transpose(order)
    # the highest frequency of an even axis is counted on one side only: up to 3.6 % of the map's range
    assert np.abs(found - expected).max() < 0.06 * np.ptp(expected)


def finds_the_ball(invert):
    field, mask, chi = ball()
    found = invert(field, mask, GRID)
    contrast = found[chi > 0].mean() - found[mask & (chi == 0)].mean()
    assert 0.06 < contrast < 0.115
    assert np.corrcoef(found[mask], chi[mask])[0, 1] > 0.85


def leaves_its_inputs_alone(invert):
    field, mask, _ = ball()
    before = field.copy(), mask.copy()
    field.setflags(write=False)
    mask.setflags(write=False)
    invert(field, mask, GRID)
    np.testing.assert_array_equal(field, before[0])
    np.testing.assert_array_equal(mask, before[1])


def computes_in_the_precision_it_is_given(invert):
    field, mask, _ = ball(dtype=np.float64)
    double, single = invert(field, mask, GRID), invert(field.astype(np.float32), mask, GRID)
    assert (double.dtype, single.dtype) == (np.float64, np.float32)
    # 0.2 ppb of 100 at most, where an iteration amplifies rounding
    np.testing.assert_allclose(single, double, atol=1e-3)


LAWS = [
    scales_with_the_field,
    changes_sign_with_the_field,
    makes_zero_of_zero,
    is_zero_outside_the_mask_and_ignores_the_field_there,
    does_not_care_for_the_sign_of_b0,
    turns_with_the_volume,
    finds_the_ball,
    leaves_its_inputs_alone,
    computes_in_the_precision_it_is_given,
]


def check_laws(kernel, law):
    """Check one law on a small pad; methods with diagnostics give their map."""

    def invert(field, mask, grid):
        result = kernel(field, mask, grid, pad=8)
        return result if isinstance(result, np.ndarray) else result.chi

    law(invert)
