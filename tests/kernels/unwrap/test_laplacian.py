import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phases import wrap

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.fourier import fast_shape
from nipype_qsm.kernels.unwrap.laplacian import laplacian
from oracles import laplacian_unwrap


def grid_of(shape, voxel_size=(1.0, 1.0, 1.0)):
    return Grid(shape, voxel_size, (0, 0, 1))


@settings(max_examples=20, deadline=None)
@given(
    shape=st.tuples(*[st.integers(3, 14)] * 3),
    kind=st.sampled_from(["continuous", "discrete"]),
    pad=st.integers(0, 9),
    seed=st.integers(0, 99),
)
def test_it_equals_six_transforms_of_the_padded_phase(shape, kind, pad, seed):
    rng = np.random.default_rng(seed)
    phase = rng.uniform(-np.pi, np.pi, shape).astype(np.float32)
    size = (0.8, 0.8, 3.0)
    found = laplacian(phase, np.ones(shape, bool), grid_of(shape, size), kind=kind, pad=pad)
    np.testing.assert_allclose(found, laplacian_unwrap(phase, fast_shape(shape, pad), size, kind), atol=1e-4)
    # measured 6e-6


@pytest.mark.parametrize(("kind", "tolerance"), [("continuous", 1e-4), ("discrete", 0.12)])  # measured 1.4e-5, 0.085
def test_a_smooth_phase_that_fades_out_is_recovered_up_to_a_constant(kind, tolerance):
    axes = np.meshgrid(*[np.arange(n) - n / 2 for n in (48, 40, 44)], indexing="ij")
    phase = 12 * np.exp(-sum(a**2 for a in axes) / (2 * 6.0**2))
    found = laplacian(wrap(phase), np.ones(phase.shape, bool), grid_of(phase.shape), kind=kind, pad=16)
    gap = found - phase
    assert np.ptp(wrap(phase)) > 6
    assert np.abs(gap - np.median(gap)).max() < tolerance * phase.max()


def test_voxel_size_matters(rng):
    phase = rng.uniform(-3, 3, (8, 8, 8)).astype(np.float32)
    mask = np.ones(phase.shape, bool)
    cubes = laplacian(phase, mask, grid_of(phase.shape), pad=4)
    slabs = laplacian(phase, mask, grid_of(phase.shape, (1, 1, 3)), pad=4)
    assert np.abs(cubes - slabs).max() > 0.5


def test_every_echo_is_unwrapped_by_itself_and_nothing_is_left_outside_the_mask(rng):
    phase = rng.uniform(-3, 3, (9, 8, 7, 2)).astype(np.float32)
    mask = np.zeros(phase.shape[:3], bool)
    mask[2:7, 1:6, 2:6] = True
    before = phase.copy()
    both = laplacian(phase, mask, grid_of(mask.shape), pad=3)
    for echo in range(2):
        np.testing.assert_array_equal(both[..., echo], laplacian(phase[..., echo], mask, grid_of(mask.shape), pad=3))
    assert not both[~mask].any()
    np.testing.assert_array_equal(phase, before)


def test_no_phase_gives_no_phase():
    mask = np.ones((5, 6, 7), bool)
    assert not laplacian(np.zeros(mask.shape, np.float32), mask, grid_of(mask.shape)).any()


def test_what_lies_outside_the_mask_does_not_matter(rng):
    phase = rng.uniform(-3, 3, (9, 8, 7)).astype(np.float32)
    mask = np.zeros(phase.shape, bool)
    mask[2:7, 1:6, 2:6] = True
    np.testing.assert_array_equal(
        laplacian(phase, mask, grid_of(mask.shape)), laplacian(phase * mask, mask, grid_of(mask.shape))
    )
