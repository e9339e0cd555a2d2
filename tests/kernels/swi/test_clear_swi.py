"""CLEAR-SWI."""

import numpy as np
import pytest
from scipy import ndimage

from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.swi.clear_swi import clear_swi
from nipype_qsm.kernels.unwrap.laplacian import laplacian

SHAPE, TIMES = (32, 30, 8), (0.010, 0.020)
GRID = Grid(SHAPE, (0.8, 0.8, 3.0), (0, 0, 1))


@pytest.fixture
def head(rng):
    """A head with one vein of higher field on a smooth background, in two echoes: phase, magnitude, mask, vein."""
    x, y, z = np.meshgrid(*(np.arange(n) - n / 2 for n in SHAPE), indexing="ij")
    mask = (x / 14) ** 2 + (y / 13) ** 2 + (z / 5) ** 2 < 1
    vein = mask & (np.abs(x) < 1) & (np.abs(z) < 2)
    field = 0.004 * x**2 + 0.2 * z + 1.2 * vein
    phase = np.stack([field, 2 * field], -1) + rng.normal(0, 0.05, (*SHAPE, 2))
    magnitude = np.stack([100.0 * mask, 70.0 * mask], -1) * rng.uniform(0.9, 1.1, SHAPE)[..., None]
    return np.angle(np.exp(1j * phase)).astype(np.float32), magnitude.astype(np.float32), mask, vein


def made(head, **options):
    phase, magnitude, mask, _ = head
    return clear_swi(phase, magnitude, mask, GRID, echo_times=TIMES, pad=8, **options)


def test_it_equals_its_parts_put_together_slowly(head):
    phase, magnitude, mask, _ = head
    unwrapped = laplacian(phase, mask, GRID, pad=8).astype(float)
    blur = {"sigma": (4, 4, 0), "mode": "nearest", "truncate": 3.0}
    total = weights = 0
    for echo, time in enumerate(TIMES):
        slow = ndimage.gaussian_filter(unwrapped[..., echo], **blur)
        fast = unwrapped[..., echo] - slow / np.maximum(ndimage.gaussian_filter(mask.astype(float), **blur), 1e-6)
        weight = magnitude[..., echo].astype(float) * time
        total, weights = total + weight * fast / time, weights + weight
    contrast = total[mask] / weights[mask]
    step = (1 + np.tanh(1 - contrast / (np.median(contrast[contrast > 0]) * 10 / 4))) / 2
    size = np.sqrt((magnitude[mask].astype(float) ** 2).sum(-1))
    bend = np.percentile(size, 80) / 2
    bent = np.log((1 + np.exp(2 / bend * (size - bend))) / (1 + np.exp(-2))) * bend / 2
    found = made(head)
    np.testing.assert_allclose(found[mask], bent * step, rtol=2e-3)
    assert not found[~mask].any()
    assert found.dtype == np.float32


def test_a_vein_is_dark_and_nothing_wraps(head):
    *_, mask, vein = head
    image = made(head)
    inner = ndimage.binary_erosion(mask, iterations=2) & ~ndimage.binary_dilation(vein, iterations=2)
    assert np.median(image[vein]) < 0.5 * np.median(image[inner])  # measured 0.03
    assert image[inner].min() > 0.3 * np.median(image[inner])  # measured 0.48, in noise


def test_a_higher_level_darkens_the_vein_more(head):
    vein = head[3]
    dark = [np.median(made(head, level=level)[vein]) for level in (1.0, 4.0, 8.0)]
    assert dark[0] > dark[1] > dark[2]


def test_the_image_scales_with_the_magnitude(head):
    phase, magnitude, mask, _ = head
    for softplus in (True, False):
        scaled = clear_swi(phase, 3 * magnitude, mask, GRID, echo_times=TIMES, pad=8, softplus=softplus)
        np.testing.assert_allclose(scaled, 3 * made(head, softplus=softplus), rtol=1e-4, atol=1e-4)


def test_without_field_the_magnitude_is_hardly_changed(head):
    phase, magnitude, mask, _ = head
    found = clear_swi(np.zeros_like(phase), magnitude, mask, GRID, echo_times=TIMES, pad=8, softplus=False)
    size = np.sqrt((magnitude**2).sum(-1))
    np.testing.assert_allclose(found, size * (1 + np.tanh(1)) / 2, rtol=1e-5)


def test_nothing_gives_nothing(head):
    phase, magnitude, mask, _ = head
    assert not clear_swi(phase, 0 * magnitude, mask, GRID, echo_times=TIMES, pad=8).any()
    assert not clear_swi(phase, magnitude, np.zeros_like(mask), GRID, echo_times=TIMES, pad=8).any()


def test_echoes_without_their_times_are_refused(head):
    phase, magnitude, mask, _ = head
    with pytest.raises(MetadataError, match=r"1 echo times.*one magnitude per echo time"):
        clear_swi(phase, magnitude, mask, GRID, echo_times=[0.01])
    with pytest.raises(UnitsError, match="milliseconds"):
        clear_swi(phase, magnitude, mask, GRID, echo_times=[10, 20])


def test_inputs_are_left_alone(head):
    before = [array.copy() for array in head]
    made(head)
    for array, earlier in zip(head, before, strict=True):
        np.testing.assert_array_equal(array, earlier)
