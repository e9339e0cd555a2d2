"""The length of the local mean phasor."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.reliability import reliability
from nipype_qsm.kernels.spheres import sphere_weights

SHAPE = (16, 14, 10)
UKB = Grid(SHAPE, (0.8, 0.8, 3.0), (0, 0, 1))
MASK = np.ones(SHAPE, bool)
CENTRE = (8, 7, 5)


def one_echo(phase, mask=MASK, grid=UKB, **options):
    return reliability(np.asarray(phase)[..., None], mask, grid, **options)[..., 0]


@given(phase=st.floats(-3, 3), center=st.sampled_from(["voxel", "corner"]))
@settings(deadline=None, max_examples=20)
def test_a_constant_phase_is_perfectly_reliable(phase, center):
    assert np.allclose(one_echo(np.full(SHAPE, phase), center=center), 1, atol=1e-6)


@pytest.mark.parametrize("center", ["voxel", "corner"])
@pytest.mark.parametrize("slope", [(0.3, 0, 0), (0, 0.8, 0), (0, 0, 1.1), (0.4, -0.3, 0.5)])
def test_a_ramp_has_the_reliability_of_the_spheres_own_transform(center, slope):
    ramp = np.einsum("i,ixyz->xyz", slope, np.indices(SHAPE))
    wrapped = np.angle(np.exp(1j * ramp))
    weights = sphere_weights(2.0, UKB.voxel_size, center=center).astype(float)
    turns = np.einsum("i,ixyz->xyz", slope, np.indices(weights.shape))
    expected = abs((weights * np.exp(1j * turns)).sum()) / weights.sum()
    assert one_echo(wrapped, center=center)[CENTRE] == pytest.approx(expected, abs=1e-6)
    assert one_echo(wrapped, center=center)[CENTRE] == pytest.approx(one_echo(ramp, center=center)[CENTRE], abs=1e-6)


def test_the_corner_sphere_of_uk_biobank_covers_six_by_six_by_two_voxels():
    weights = sphere_weights(2.0, UKB.voxel_size, center="corner")
    assert weights.shape == (6, 6, 2)
    assert weights.sum() == pytest.approx(17.396, abs=1e-3)
    phase = np.zeros(SHAPE)
    phase[CENTRE] = np.pi
    touched = np.argwhere(one_echo(phase, center="corner") < 1 - 1e-4) - CENTRE
    # A voxel averages the neighbours n-2 ... n+3 in-plane and the slices n, n+1: seen from the odd voxel, reversed.
    assert touched.min(axis=0).tolist() == [-3, -3, -1]
    assert touched.max(axis=0).tolist() == [2, 2, 0]
    assert 1 - one_echo(phase, center="corner")[CENTRE] == pytest.approx(2 * weights[3, 3, 1] / weights.sum(), abs=1e-6)


@pytest.mark.parametrize("center", ["voxel", "corner"])
@pytest.mark.parametrize("voxel_size", [(0.8, 0.8, 3.0), (1.5, 1.5, 1.5), (1.0, 2.5, 1.0), (3.0, 3.0, 3.0)])
def test_each_voxel_equals_two_plain_convolutions(rng, center, voxel_size):
    grid, mask, phase = Grid(SHAPE, voxel_size, (0, 0, 1)), rng.random(SHAPE) < 0.7, rng.uniform(-3, 3, SHAPE)
    weights = sphere_weights(2.0, voxel_size, center=center).astype(float)
    odd = np.pad(weights, [(0, 1 - n % 2) for n in weights.shape])  # scipy centres an odd kernel on its middle

    def summed(volume):
        return ndimage.convolve(volume, odd, mode="constant")

    expected = np.hypot(summed(mask * np.cos(phase)), summed(mask * np.sin(phase)))
    total = summed(mask.astype(float))
    found = one_echo(phase, mask, grid, center=center, radius_voxels=0)
    assert np.allclose(found[mask], (expected / np.where(total > 0, total, 1))[mask], atol=1e-5)


def test_it_is_one_outside_the_mask_and_ignores_what_lies_there(rng):
    mask = np.zeros(SHAPE, bool)
    mask[4:12, 3:10, 2:8] = True
    phase = rng.uniform(-3, 3, SHAPE).astype(np.float32)
    other = np.where(mask, phase, 0).astype(np.float32)
    before = phase.copy()
    found = one_echo(phase, mask)
    assert (found[~mask] == 1).all()
    assert found.dtype == np.float32
    assert np.array_equal(found, one_echo(other, mask))
    assert np.array_equal(phase, before)


def test_each_echo_is_judged_alone(rng):
    phases = rng.uniform(-3, 3, (*SHAPE, 2))
    both = reliability(phases, MASK, UKB)
    assert np.array_equal(both[..., 1], one_echo(phases[..., 1]))


def test_noise_and_steep_phase_are_unreliable(rng):
    noise = one_echo(rng.uniform(-np.pi, np.pi, SHAPE))
    assert np.median(noise) < 0.4  # measured 0.25
    steep = one_echo(2.5 * np.indices(SHAPE)[0])
    assert steep[CENTRE] < 0.2


def test_on_coarse_voxels_the_sphere_still_holds_neighbours(rng):
    phase = rng.uniform(-np.pi, np.pi, (12, 12, 12, 1)).astype(np.float32)
    mask = np.ones((12, 12, 12), bool)
    coarse = Grid((12, 12, 12), (3.0, 3.0, 3.0), (0, 0, 1))
    # noise: 0.22 with neighbours, 0.76 when 2 mm hold little but the voxel itself
    assert reliability(phase, mask, coarse).mean() < 0.5
    assert reliability(phase, mask, coarse, radius_voxels=0).mean() > 0.7
    fine = Grid((12, 12, 12), (0.8, 0.8, 3.0), (0, 0, 1))
    np.testing.assert_array_equal(reliability(phase, mask, fine), reliability(phase, mask, fine, radius_voxels=0))
