import numpy as np

from nipype_qsm.kernels.register.spline_field import spline_field

SHAPE, SPACING = (12, 9, 7), (5, 4, 3)
COUNT = (6, 6, 6)


def slow(coefficients, spacing, voxel):
    """Sum over all coefficients of the product of three centred cubic B-splines."""

    def b(x):
        x = abs(x)
        return 2 / 3 - x**2 + x**3 / 2 if x < 1 else max(0, 2 - x) ** 3 / 6

    total = np.zeros(3)
    for index in np.ndindex(coefficients.shape[:3]):
        weight = np.prod([b(v / s - (i - 1)) for v, s, i in zip(voxel, spacing, index, strict=True)])
        total += weight * coefficients[index]
    return total


def test_it_equals_the_sum_over_all_splines(rng):
    coefficients = rng.normal(size=(*COUNT, 3)).astype(np.float32)
    field = spline_field(coefficients, SPACING, SHAPE)
    for voxel in [(0, 0, 0), (11, 8, 6), (5, 4, 3), (3, 7, 1)]:
        np.testing.assert_allclose(field[:, *voxel], slow(coefficients, SPACING, voxel), atol=1e-6)  # measured 1e-7


def test_equal_coefficients_make_an_even_field():
    field = spline_field(np.full((*COUNT, 3), 1.5, np.float32), SPACING, SHAPE)
    np.testing.assert_allclose(field, 1.5, atol=1e-6)


def test_it_is_linear_and_leaves_its_input_alone(rng):
    a, b = rng.normal(size=(2, *COUNT, 3)).astype(np.float32)
    before = a.copy()
    both = spline_field(2 * a - b, SPACING, SHAPE)
    apart = 2 * spline_field(a, SPACING, SHAPE) - spline_field(b, SPACING, SHAPE)
    np.testing.assert_allclose(both, apart, atol=2e-6)
    np.testing.assert_array_equal(a, before)
