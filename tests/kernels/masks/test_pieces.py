"""Morphology in millimetres."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.pieces import closed, dilated, eroded, largest, otsu, solid_piece, without_specks

GRID = Grid((40, 40, 20), (1.0, 1.0, 2.0), (0, 0, 1))
SIZE = np.asarray(GRID.voxel_size)


@pytest.fixture
def balls():
    """A large and a small ball, joined by a thin bridge, the large one with a hole."""
    x, y, z = np.meshgrid(*[np.arange(n) * d for n, d in zip(GRID.shape, GRID.voxel_size, strict=True)], indexing="ij")
    first = (x - 14) ** 2 + (y - 20) ** 2 + (z - 20) ** 2 < 10**2
    second = (x - 33) ** 2 + (y - 20) ** 2 + (z - 20) ** 2 < 5**2
    hole = (x - 14) ** 2 + (y - 20) ** 2 + (z - 20) ** 2 < 2**2
    return first, (first | second | ((np.abs(y - 20) < 1) & (np.abs(z - 20) < 1) & (x > 14) & (x < 33))) & ~hole


def test_the_bridge_is_cut_and_the_hole_is_filled(balls):
    first, signal = balls
    before = signal.copy()
    found = solid_piece(signal, GRID, opening_mm=2.5, closing_mm=2.0)
    assert found[14, 20, 10] and not found[33, 20, 10]
    assert np.count_nonzero(found ^ first) < 0.03 * first.sum()
    np.testing.assert_array_equal(signal, before)


def test_without_opening_all_that_touches_stays(balls):
    _, signal = balls
    assert solid_piece(signal, GRID, opening_mm=0.0, closing_mm=0.0)[33, 20, 10]


def test_radii_are_millimetres_on_every_axis():
    point = np.zeros((9, 9, 9), bool)
    point[4, 4, 4] = True
    grown = dilated(point, 2.0, SIZE)
    assert grown[6, 4, 4] and grown[4, 4, 5] and not grown[4, 4, 6] and not grown[7, 4, 4]
    np.testing.assert_array_equal(eroded(grown, 2.0, SIZE), point)


def test_closing_fills_a_furrow_and_keeps_the_outline():
    block = np.zeros((20, 20, 20), bool)
    block[4:16, 4:16, 4:16] = True
    furrow = block.copy()
    furrow[9:11, 4:16, 10:16] = False
    found = closed(furrow, 3.0, np.ones(3))
    assert np.count_nonzero(found ^ block) < np.count_nonzero(furrow ^ block)
    assert not (found & ~block).any()


def test_the_largest_piece_is_kept_and_dark_specks_are_filled():
    mask = np.zeros((10, 10, 10), bool)
    mask[1:3, 1:3, 1:3] = mask[5:9, 5:9, 5:9] = True
    assert np.count_nonzero(largest(mask)) == 64
    mask[6, 6, 6] = False
    assert without_specks(mask, 2)[6, 6, 6] and not without_specks(mask, 2)[0, 0, 0]
    with pytest.raises(QSMError, match="Lower opening_mm"):
        largest(np.zeros_like(mask))


def test_otsu_parts_two_classes(rng):
    values = np.concatenate([rng.normal(10, 1, 4000), rng.normal(30, 2, 1000)])
    assert 14 < otsu(values) < 25
