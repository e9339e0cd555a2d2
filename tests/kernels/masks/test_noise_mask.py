"""A mask of whatever is brighter than air."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.masks.noise_mask import noise_mask

GRID = Grid((40, 44, 36), (3.0, 3.0, 3.0), (0, 0, 1))


@pytest.fixture
def head(rng):
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in GRID.shape], indexing="ij")
    brain = (x / 15) ** 2 + (y / 17) ** 2 + (z / 14) ** 2 < 1
    noise = np.hypot(*rng.normal(scale=2, size=(2, *GRID.shape)))
    image = np.where(brain, 100, 0) + noise
    image[18:22, 20:24, 16:20] = noise[18:22, 20:24, 16:20]  # a hole without signal
    return image.astype(np.float32), brain


def test_signal_is_parted_from_air_and_holes_are_filled(head):
    image, brain = head
    before = image.copy()
    found = noise_mask(image, GRID)
    assert np.count_nonzero(found.mask_brain ^ brain) < 0.01 * brain.sum()  # measured 0.0025
    assert found.mask_brain[20, 22, 18]
    assert found.n_voxels == found.mask_brain.sum()
    np.testing.assert_array_equal(image, before)


def test_a_scale_of_the_magnitude_changes_only_the_noise_level(head):
    image, _ = head
    once, scaled = noise_mask(image, GRID), noise_mask(image * 8, GRID)
    np.testing.assert_array_equal(once.mask_brain, scaled.mask_brain)
    assert scaled.noise_level == pytest.approx(8 * once.noise_level)


def test_a_noise_level_that_is_given_is_taken(head):
    image, brain = head
    stripped = np.where(brain, image, 0)
    found = noise_mask(stripped, GRID, noise_level=2.5)
    assert found.noise_level == 2.5
    assert np.count_nonzero(found.mask_brain ^ brain) < 0.01 * brain.sum()


def test_nothing_is_refused_with_the_cure():
    with pytest.raises(QSMError, match="or a brain mask"):
        noise_mask(np.zeros(GRID.shape, np.float32), GRID)
    with pytest.raises(QSMError, match="opening_mm"):
        noise_mask(np.ones(GRID.shape, np.float32), GRID)
