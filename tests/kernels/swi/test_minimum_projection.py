"""The minimum-intensity projection."""

import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.swi.minimum_projection import minimum_projection

SHAPE = (6, 5, 9)
GRID = Grid(SHAPE, (0.8, 0.8, 3.0), (0, 0, 1))


def slowly(image, mask, n_slices):
    result = np.zeros_like(image)
    for x, y, z in np.argwhere(mask):
        first = max(z - n_slices // 2, 0)
        slab = slice(first, max(z - n_slices // 2 + n_slices, 0))
        result[x, y, z] = image[x, y, slab][mask[x, y, slab]].min()
    return result


@pytest.mark.parametrize("n_slices", [1, 2, 3, 7, 30])
def test_each_voxel_is_the_minimum_of_its_slab_inside_the_mask(rng, n_slices):
    image, mask = rng.uniform(1, 9, SHAPE).astype(np.float32), rng.random(SHAPE) < 0.7
    before = image.copy(), mask.copy()
    found = minimum_projection(image, mask, GRID, n_slices=n_slices)
    np.testing.assert_array_equal(found, slowly(image, mask, n_slices))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_the_slab_lies_along_the_axis_closest_to_b0(rng):
    image, mask = rng.uniform(1, 9, SHAPE).astype(np.float32), np.ones(SHAPE, bool)
    turned = Grid((9, 6, 5), (3.0, 0.8, 0.8), (1, 0, 0))
    found = minimum_projection(np.moveaxis(image, 2, 0), np.moveaxis(mask, 2, 0), turned, n_slices=3)
    np.testing.assert_array_equal(np.moveaxis(found, 0, 2), minimum_projection(image, mask, GRID, n_slices=3))


def test_a_vein_through_slices_becomes_a_line():
    image = np.full((9, 9, 9), 5.0, np.float32)
    image[4, np.arange(9), np.arange(9)] = 1
    grid = Grid((9, 9, 9), (1, 1, 1), (0, 0, 1))
    middle = minimum_projection(image, np.ones(image.shape, bool), grid, n_slices=7)[:, :, 4]
    assert np.all(middle[4, 1:8] == 1)
    assert np.all(np.delete(middle, 4, axis=0) == 5)
