import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.register.alignment import alignment

SHAPE = (36, 40, 32)
GRID = Grid(SHAPE, (1, 1, 1), (0, 0, 1))


@pytest.fixture
def head(rng):
    """A head with texture, its other contrast, and its mask."""
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    mask = x**2 + y**2 + z**2 < 0.8
    texture = ndimage.gaussian_filter(rng.normal(size=SHAPE), 2)
    texture /= texture.std()
    first = ((3 + texture) * mask).astype(np.float32)
    second = (np.exp(-texture / 2) * mask + 0.05 * rng.normal(size=SHAPE) * mask).astype(np.float32)
    return first, second, mask


def test_an_image_on_itself_fits_best_where_it_is(head):
    first, _, mask = head
    numbers = alignment(first, first, mask, GRID, mask)
    assert numbers.similarity == pytest.approx(2, abs=1e-9)
    assert numbers.offset_mm < 0.05  # measured 0.01
    assert numbers.overlap == 1


def test_another_contrast_fits_and_a_mirrored_one_does_not(head):
    first, second, mask = head
    right, mirrored = alignment(first, second, mask, GRID), alignment(first, second[::-1], mask, GRID)
    assert right.similarity > right.similarity_mirrored + 0.02  # measured 1.17 against 1.02
    assert mirrored.similarity_mirrored > mirrored.similarity + 0.02
    assert right.offset_mm < 0.2  # measured 0.04


@pytest.mark.parametrize("shift", [(2, 0, 0), (0, -2, 1)])
def test_the_offset_is_the_shift(head, shift):
    first, second, mask = head
    moved = ndimage.shift(second, shift, order=0)
    found = alignment(first, moved, mask, Grid(SHAPE, (1.5, 1.5, 1.5), (0, 0, 1))).offset_mm
    assert found == pytest.approx(1.5 * np.linalg.norm(shift), rel=0.35)  # measured within 20 %


def test_the_brightness_near_a_coil_does_not_move_the_top(head):
    first, second, mask = head
    near = np.linspace(1, 0.1, SHAPE[1])[None, :, None] ** 2 * np.linspace(1, 0.2, SHAPE[2])
    shaded = (second * near).astype(np.float32)
    evened, as_it_is = (alignment(first, shaded, mask, GRID, shading_mm=width) for width in (15, 0))
    assert evened.offset_mm < 0.3
    assert evened.similarity > as_it_is.similarity


def test_a_peak_stands_out_only_where_the_head_lies_right(head, rng):
    first, second, mask = head
    right = alignment(first, second, mask, GRID).peak_ratio
    turned = ndimage.rotate(second, 15, (0, 1), reshape=False, order=1)
    stranger = (3 + ndimage.gaussian_filter(rng.normal(size=SHAPE), 2) * 8).astype(np.float32) * mask
    wrong = [alignment(first, image, mask, GRID).peak_ratio for image in (turned, stranger)]
    assert right > 2 * max(wrong)


def test_another_subject_is_off_or_unlike(head, rng):
    first, _, mask = head
    stranger = (3 + ndimage.gaussian_filter(rng.normal(size=SHAPE), 2) * 8).astype(np.float32) * mask
    assert alignment(first, stranger, mask, GRID).similarity < 1.03  # measured 1.02; the same head has 1.17


def test_the_overlap_is_dice(head):
    first, second, mask = head
    half = mask.copy()
    half[18:] = False
    expected = 2 * (mask & half).sum() / (mask.sum() + half.sum())
    assert alignment(first, second, mask, GRID, half).overlap == pytest.approx(expected)
    assert np.isnan(alignment(first, second, mask, GRID).overlap)


def test_an_empty_comparison_says_that_nothing_is_alike(head):
    first, second, mask = head
    numbers = alignment(first, np.zeros_like(second), mask, GRID)
    assert numbers[:4] == (1, 0, 1, 1)
