import numpy as np
from inversions import GRID, ball

from nipype_qsm.kernels.fourier import backward, forward
from nipype_qsm.kernels.generalised_variation import PAIRS, GeneralisedVariation
from nipype_qsm.kernels.gradient import difference
from nipype_qsm.kernels.split_bregman import TotalVariation
from nipype_qsm.kernels.weighted_field import WeightedField


def penalty():
    field, mask, _ = ball(dtype=np.float64)
    problem = WeightedField.prepare(field, mask, GRID, None, outside_cost=0.02, pad=4)
    made = GeneralisedVariation(problem, 0.1, 3.0)
    made.prepare(problem.dipole.astype(np.float64) ** 2)
    return made, problem


def quadratic(made, x, slopes, gain, drive, targets):
    """What the linear step minimises, in image space: data, gradient less slopes, change of slopes."""
    value = np.sum(gain * np.abs(np.fft.fftn(x)) ** 2) / x.size / 2 - np.sum(drive * x)
    edges, bends = targets
    for axis in range(3):
        value += made.first / 2 * np.sum((difference(x, axis, made.grid) - slopes[axis] - edges[axis]) ** 2)
    for i, j in PAIRS:
        bend = (difference(slopes[i], j, made.grid) + difference(slopes[j], i, made.grid)) / 2
        value += made.second / 2 * (1 if i == j else 2) * np.sum((bend - bends[i, j]) ** 2)
    return value


def test_the_linear_step_is_a_minimum(rng):
    made, problem = penalty()
    shape = made.grid.shape
    edges = [rng.normal(size=shape) for _ in range(3)]
    bends = {pair: rng.normal(size=shape) for pair in PAIRS}
    drive = rng.normal(size=shape)
    drive -= drive.mean()

    def transposed(values, axis):
        step = values / made.grid.voxel_size[axis]
        return np.roll(step, 1, axis) - step

    made.source = sum(transposed(edges[axis], axis) for axis in range(3))
    made.slopes = [-made.first * edges[axis] for axis in range(3)]
    for i, j in PAIRS:
        made.slopes[i] = made.slopes[i] + made.second * transposed(bends[i, j], j)
        if i != j:
            made.slopes[j] = made.slopes[j] + made.second * transposed(bends[i, j], i)
    x = np.fft.irfftn(made.solve(np.fft.rfftn(drive)), s=shape, axes=(0, 1, 2))
    gain = np.abs(np.fft.fftn(np.fft.irfftn(problem.dipole, s=shape, axes=(0, 1, 2)))) ** 2
    at = quadratic(made, x, made.slopes, gain, drive, (edges, bends))
    for _ in range(5):
        move = 0.1 * rng.normal(size=shape)
        slopes = [slope + 0.1 * rng.normal(size=shape) for slope in made.slopes]
        assert quadratic(made, x + move - move.mean(), slopes, gain, drive, (edges, bends)) > at


def test_no_difference_stays_none():
    made, problem = penalty()
    flat = np.zeros(made.grid.shape)
    made.solve(np.zeros(problem.dipole.shape, complex))
    made.shrink(flat)
    assert not made.source.any()
    assert not any(slope.any() for slope in made.slopes)


def test_a_slope_costs_less_than_with_total_variation(rng):
    """Denoise a triangle wave: no dipole, so that only the penalties differ."""
    _, problem = penalty()
    shape = problem.grid.shape
    phase = np.arange(shape[0]) / shape[0]
    truth = np.broadcast_to((8 * np.abs(phase - 0.5))[:, None, None] - 2, shape)
    noisy = forward(truth + rng.normal(0, 0.3, shape))

    def error(made):
        made.prepare(np.ones(noisy.shape))
        made.limit = np.ones(shape)
        for _ in range(60):
            spectrum = made.solve(noisy)
            whole = backward(spectrum.copy(), shape)
            made.shrink(whole)
        return np.std(whole - truth)

    slopes, steps = error(GeneralisedVariation(problem, 0.3, 3.0)), error(TotalVariation(problem, 0.3))
    assert slopes < 0.9 * steps, (slopes, steps)
