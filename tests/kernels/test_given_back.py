"""A background removal takes part of the brain's own field; a map tells which, but for bowls."""

import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.mean_of_three import mean_of_three
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.given_back import both, give_back, unseen

GRID = Grid((32, 32, 24), (1.5, 1.5, 2.0), (0.0, 0.0, 1.0))
PLACES = np.stack(
    np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True)), indexing="ij"
    )
)
RADIUS = np.sqrt((PLACES**2).sum(0))
MASK = RADIUS < 20


def without_bowls(chi, mask, grid):
    return chi - unseen(chi, mask, grid, 2)


def head():
    """Return a map with a nucleus inside a shell, and its field."""
    x, y, z = PLACES
    chi = 0.02 * ((RADIUS > 11) & (RADIUS < 16)) + 0.1 * (np.sqrt((x - 6) ** 2 + y**2 + z**2) < 4)
    chi = np.where(MASK, chi, 0).astype(np.float32)
    return chi, dipole_field(chi, GRID, pad=16)


def test_the_field_gets_back_most_of_what_background_removal_took():
    chi, field = head()
    kept = mean_of_three(np.where(MASK, field, 0), MASK, GRID).field_local
    inner = RADIUS < 17
    back = give_back(kept, np.where(inner, chi, 0), inner, GRID)
    lost, left = (np.std((one - field)[inner]) for one in (kept, back))
    assert left < 0.6 * lost


def test_a_field_that_the_map_explains_is_not_touched():
    chi, field = head()
    np.testing.assert_allclose(give_back(field, chi, MASK, GRID), np.where(MASK, field, 0), atol=2e-7)


def test_what_the_map_does_not_explain_loses_its_background(rng):
    chi, field = head()
    field += rng.normal(0, 0.0003, field.shape).astype(np.float32)
    outside = np.where(np.abs(PLACES - np.reshape([0, 0, 22], (3, 1, 1, 1))).max(0) < 2, 5, 0).astype(np.float32)
    background = dipole_field(outside, GRID, pad=16)
    left = give_back(field + background, chi, MASK, GRID) - field
    core = RADIUS < 14
    assert np.std(left[core]) < 0.1 * np.std(background[core])


def test_the_mean_of_two_maps_has_the_polynomials_of_the_second(rng):
    first, second = (np.where(MASK, rng.normal(size=GRID.shape), 0).astype(np.float32) for _ in range(2))
    bowl = np.where(MASK, RADIUS**2 / 100, 0)
    bowl[MASK] -= bowl[MASK].mean()
    mean = both(first, second, MASK, GRID)
    np.testing.assert_allclose(both(first, second + bowl, MASK, GRID), mean + bowl, atol=1e-5)
    np.testing.assert_allclose(both(first + bowl, second, MASK, GRID), mean, atol=1e-5)


@pytest.mark.parametrize("direction", [(0.0, 0.0, 1.0), (0.3, -0.2, 0.93)])
def test_a_bowl_goes_whatever_the_direction_of_b0(direction):
    grid = Grid(GRID.shape, GRID.voxel_size, direction)
    found = without_bowls(np.where(MASK, RADIUS**2 / 1e4, 0), MASK, grid)
    np.testing.assert_allclose(found[MASK], (RADIUS[MASK] ** 2 / 1e4).mean(), atol=1e-9)
    assert not found[~MASK].any()


@pytest.mark.parametrize("bowl", [lambda x, y, z: x * y, lambda x, y, z: x * z, lambda x, y, z: x * x - y * y])
def test_each_quadratic_with_a_harmonic_field_goes(bowl):
    found = without_bowls(np.where(MASK, bowl(*PLACES) / 1e4, 0), MASK, GRID)
    assert np.ptp(found[MASK]) < 1e-9


def test_a_quadratic_that_the_field_tells_stays():
    x, y, z = PLACES
    seen = 2 * z * z - x * x - y * y
    found = without_bowls(np.where(MASK, seen / 1e4, 0), MASK, GRID)
    assert np.corrcoef(found[MASK], seen[MASK])[0, 1] > 0.9


@pytest.mark.parametrize("direction", [(0.0, 0.0, 1.0), (0.3, -0.2, 0.93)])
def test_every_polynomial_that_is_found_has_a_harmonic_field(rng, direction):
    grid = Grid(GRID.shape, (1.5, 1.5, 1.5), direction)
    whole = np.ones(GRID.shape, bool)
    part = unseen(rng.normal(size=GRID.shape), whole, grid, 4)
    slopes = [np.gradient(one, 1.5) for one in np.gradient(part, 1.5)]
    b = np.asarray(direction) / np.linalg.norm(direction)
    seen = sum((1 / 3 * (i == j) - b[i] * b[j]) * slopes[i][j] for i in range(3) for j in range(3))
    inner = (slice(4, -4),) * 3
    size = max(np.abs(slopes[i][j][inner]).max() for i in range(3) for j in range(3))
    # central differences of a fourth degree are off by a step's square
    assert np.abs(seen[inner]).max() < 0.02 * size


def test_of_the_third_and_fourth_degree_sixteen_more_are_found(rng):
    names = [
        lambda x, y, z: x * y * z,
        lambda x, y, z: x**3 - 3 * x * y**2,
        lambda x, y, z: x**4 - 6 * x**2 * y**2 + y**4,
    ]
    for name in names:
        chi = np.where(MASK, name(*PLACES / 20), 0)
        assert np.std((chi - unseen(chi, MASK, GRID, 4) - chi[MASK].mean())[MASK]) < 0.7 * np.std(chi[MASK])
        assert np.std(unseen(chi, MASK, GRID, 2)[MASK]) < 0.1 * np.std(chi[MASK])
    noise = np.where(MASK, rng.normal(size=GRID.shape), 0)
    # white noise has its variance shared equally by all that is independent: 21 of so many voxels
    share = (unseen(noise, MASK, GRID, 4)[MASK] ** 2).sum()
    assert 8 < share < 45


def test_planes_and_the_mean_stay():
    plane = np.where(MASK, 1 + PLACES[0] - 2 * PLACES[2], 0)
    np.testing.assert_allclose(without_bowls(plane, MASK, GRID), plane, atol=1e-9)


def test_a_mask_of_one_plane_has_fewer_bowls_and_no_surprise():
    flat = MASK & (np.arange(GRID.shape[2]) == 12)
    plane = np.where(flat, PLACES[0], 0)
    np.testing.assert_allclose(without_bowls(plane, flat, GRID), plane, atol=1e-9)


def test_inputs_are_not_touched():
    chi, field = head()
    before = chi.copy(), field.copy()
    give_back(field, chi, MASK, GRID)
    without_bowls(chi, MASK, GRID)
    np.testing.assert_array_equal(before[0], chi)
    np.testing.assert_array_equal(before[1], field)
