"""The homodyne filter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.swi.filtered_phase import filtered_phase

SHAPE = (24, 20, 3)
GRID = Grid(SHAPE, (0.8, 0.8, 3.0), (0, 0, 1))


def signal(rng):
    return rng.uniform(-np.pi, np.pi, (*SHAPE, 2)).astype(np.float32), rng.uniform(1, 2, (*SHAPE, 2)).astype(np.float32)


def by_sums(phase, magnitude, window):
    """UK Biobank's filter on one slice: a window of window + 1 samples on the centre of k-space, as sums."""
    image = magnitude * np.exp(1j * phase)
    nx, ny = image.shape
    low = np.zeros_like(image)
    x, y = np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij")
    hann = np.hanning(window + 1)
    for i, wi in enumerate(hann):
        for j, wj in enumerate(hann):
            wave = np.exp(2j * np.pi * ((i - window // 2) * x / nx + (j - window // 2) * y / ny))
            low += wi * wj * wave * np.mean(image * wave.conj())
    return np.angle(image * low.conj())


def test_each_slice_equals_the_sum_over_the_window(rng):
    phase, magnitude = signal(rng)
    found = filtered_phase(phase, magnitude, GRID, window=8)
    assert found.dtype == np.float32
    for z in range(SHAPE[2]):
        for echo in range(2):
            expected = by_sums(phase[..., z, echo].astype(float), magnitude[..., z, echo], 8)
            difference = np.angle(np.exp(1j * (found[..., z, echo] - expected)))
            assert np.abs(difference).max() < 1e-3  # measured 7e-6


@given(offset=st.floats(-3.1, 3.1), gain=st.floats(0.1, 1e4))
def test_a_constant_offset_and_the_gain_of_a_coil_do_not_matter(offset, gain):
    phase, magnitude = signal(np.random.default_rng(3))
    expected = filtered_phase(phase, magnitude, GRID, window=8)
    found = filtered_phase(phase + np.float32(offset), magnitude * np.float32(gain), GRID, window=8)
    assert np.median(np.abs(np.angle(np.exp(1j * (found - expected))))) < 1e-5  # measured 1.5e-7


def test_jumps_of_two_pi_do_not_matter(rng):
    phase, magnitude = signal(rng)
    jumps = phase + 2 * np.pi * rng.integers(-2, 3, phase.shape).astype(np.float32)
    difference = filtered_phase(jumps, magnitude, GRID) - filtered_phase(phase, magnitude, GRID)
    assert np.abs(np.angle(np.exp(1j * difference))).max() < 1e-3  # measured 6e-7


def test_a_vein_of_higher_field_on_a_steep_slope_is_positive():
    x = np.arange(64)[:, None, None, None]
    vein = np.zeros((64, 64, 1, 1))
    vein[31:33, 31:33] = 1.0
    slope = np.broadcast_to(0.15 * x, vein.shape)
    grid = Grid((64, 64, 1), (1, 1, 1), (0, 0, 1))
    wrapped = np.angle(np.exp(1j * (slope + vein)))
    found = filtered_phase(wrapped, np.ones(vein.shape), grid, window=16)
    assert found[31:33, 31:33].min() > 0.7  # measured 0.94: part of the vein is slow
    assert np.abs(found[20:28, 20:28]).max() < 0.1  # measured 0.004


def test_slices_lie_across_the_axis_closest_to_b0(rng):
    phase, magnitude = signal(rng)
    turned = Grid((3, 24, 20), (3.0, 0.8, 0.8), (1, 0, 0))
    found = filtered_phase(np.moveaxis(phase, 2, 0), np.moveaxis(magnitude, 2, 0), turned, window=8)
    np.testing.assert_allclose(np.moveaxis(found, 0, 2), filtered_phase(phase, magnitude, GRID, window=8), atol=1e-3)


@pytest.mark.parametrize("angle", [0.0, 3.0])
def test_no_signal_has_no_phase(angle):
    phase = np.full((*SHAPE, 1), angle, np.float32)
    assert not filtered_phase(phase, np.zeros_like(phase), GRID).any()


def test_inputs_are_left_alone(rng):
    phase, magnitude = signal(rng)
    before = phase.copy(), magnitude.copy()
    filtered_phase(phase, magnitude, GRID)
    np.testing.assert_array_equal(phase, before[0])
    np.testing.assert_array_equal(magnitude, before[1])
