"""The coils' brightness as slow cosines."""

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.shading import Shading

GRID = Grid((60, 70, 50), (3.0, 2.0, 3.0), (0, 0, 1))


def test_a_slow_wave_is_found_from_the_part_that_is_known(rng):
    x, y, z = (np.arange(n) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True))
    wave = np.cos(x / 70)[:, None, None] + 0.5 * np.sin(y / 80)[:, None] * np.cos(z / 90)
    known = rng.random(GRID.shape) < 0.4
    shading = Shading(GRID.shape, GRID, 90.0)
    noisy = wave + rng.normal(0, 0.1, GRID.shape)
    found = shading.fitted(shading.sums(known.astype(np.float32)), shading.sums(np.where(known, noisy, 0)))
    error = found - (wave - wave[known].mean())
    assert error.std() < 0.05  # of 0.7; measured 0.034
    assert abs(found[known].mean()) < 0.02


def test_what_is_as_fine_as_folds_is_not_followed():
    x = np.arange(60) * 3.0
    fine = np.broadcast_to(np.cos(2 * np.pi * x / 12)[:, None, None], GRID.shape)
    shading = Shading(GRID.shape, GRID, 90.0)
    assert shading.fitted(shading.sums(np.ones(GRID.shape)), shading.sums(fine)).std() < 0.05  # of 0.7; measured 0.034
