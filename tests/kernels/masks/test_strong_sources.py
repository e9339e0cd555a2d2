"""Sources that streak, taken out of the mask."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.strong_sources import strong_sources

GRID = Grid((12, 12, 12), (1.0, 1.0, 2.0), (0, 0, 1))


@pytest.fixture
def tissue(rng):
    mask = np.zeros(GRID.shape, bool)
    mask[1:11, 1:11, 1:11] = True
    return (rng.normal(0.05, 0.03, GRID.shape) * mask).astype(np.float32), mask


@pytest.mark.parametrize("strength", [-2.0, 0.9])
def test_a_source_goes_with_its_surroundings_whatever_its_sign(tissue, strength):
    chi, mask = tissue
    chi[5, 5, 5] = strength
    before = chi.copy(), mask.copy()
    found = strong_sources(chi, mask, GRID)
    gone = mask & ~found.mask_without_sources
    # Within 2 mm on voxels of 1 x 1 x 2 mm: 13 in the plane, one above and one below.
    assert np.count_nonzero(gone) == found.n_removed == 15
    assert gone[5, 5, 4] and gone[7, 5, 5] and not gone[7, 6, 5]
    np.testing.assert_array_equal(chi, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_the_zero_level_does_not_matter(tissue):
    chi, mask = tissue
    chi[5, 5, 5] = 0.9
    shifted = np.where(mask, chi + np.float32(5), 0)
    expected = strong_sources(chi, mask, GRID).mask_without_sources
    np.testing.assert_array_equal(strong_sources(shifted, mask, GRID).mask_without_sources, expected)


def test_tissue_without_strong_sources_keeps_its_mask(tissue):
    chi, mask = tissue
    for one in (chi, np.zeros_like(chi)):
        found = strong_sources(one, mask, GRID)
        assert found.n_removed == 0
        np.testing.assert_array_equal(found.mask_without_sources, mask)
        assert found.mask_without_sources is not mask


@pytest.mark.parametrize("options", [{"level_ppm": 0.0}, {"grow_mm": -1.0}])
def test_impossible_options_are_refused_with_the_cure(tissue, options):
    with pytest.raises(QSMError, match="level_ppm above 0"):
        strong_sources(*tissue, GRID, **options)
