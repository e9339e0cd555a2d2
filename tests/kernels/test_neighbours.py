"""Voxels within some millimetres."""

import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.neighbours import ball, offsets_within


@pytest.mark.parametrize(
    ("voxel_size", "radius_mm", "count", "shape"),
    [
        ((1.0, 1.0, 1.0), 1.0, 7, (3, 3, 3)),
        ((1.0, 1.0, 1.0), 2.0, 33, (5, 5, 5)),
        ((0.8, 0.8, 3.0), 1.0, 5, (3, 3, 1)),
        ((0.8, 0.8, 3.0), 3.0, 47, (7, 7, 3)),
        ((3.0, 3.0, 3.0), 1.0, 1, (1, 1, 1)),
    ],
)
def test_voxels_count_whose_centres_lie_within_the_radius(voxel_size, radius_mm, count, shape):
    grid = Grid((9, 9, 9), voxel_size, (0, 0, 1))
    assert len(offsets_within(grid, radius_mm)) == count
    assert ball(grid, radius_mm).shape == shape
    assert ball(grid, radius_mm).sum() == count


def test_float_noise_in_the_voxel_size_does_not_lose_a_neighbour():
    grid = Grid((9, 9, 9), tuple(np.float32([0.1, 0.1, 0.1])), (0, 0, 1))
    assert ball(grid, 0.3).shape == (7, 7, 7)
