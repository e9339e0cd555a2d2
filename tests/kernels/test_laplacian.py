import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.laplacian import inverse_laplacian, laplacian, laplacian_inside, laplacian_spectrum
from oracles import one_sided_laplacian


@pytest.mark.parametrize("kind", ["continuous", "discrete"])
@pytest.mark.parametrize("shape", [(8, 9, 10), (7, 12, 5)])
def test_the_inverse_undoes_the_laplacian_up_to_the_mean(rng, kind, shape):
    volume = rng.standard_normal(shape).astype(np.float32)
    volume -= volume.mean()
    back = inverse_laplacian(laplacian(volume, shape, (1, 0.8, 3), kind=kind), shape, (1, 0.8, 3), kind=kind)
    np.testing.assert_allclose(back, volume, atol=1e-5)  # measured 1.3e-6


def test_a_plane_wave_is_multiplied_with_its_squared_wave_number():
    n, d = 24, 0.5
    x = np.arange(n) * d
    wave = np.broadcast_to(np.sin(2 * np.pi * 3 * x / (n * d))[:, None, None], (n, 4, 6)).astype(np.float32)
    found = laplacian(wave, wave.shape, (d, 1, 1))
    np.testing.assert_allclose(found, -((2 * np.pi * 3 / (n * d)) ** 2) * wave, atol=1e-5)  # measured 1e-6


def test_the_discrete_laplacian_is_the_seven_point_stencil(rng):
    volume = rng.standard_normal((6, 5, 7)).astype(np.float32)
    size = (0.8, 1.0, 3.0)
    stencil = sum(
        (np.roll(volume, 1, axis) + np.roll(volume, -1, axis) - 2 * volume) / size[axis] ** 2 for axis in range(3)
    )
    np.testing.assert_allclose(laplacian(volume, volume.shape, size, kind="discrete"), stencil, atol=1e-5)


def test_the_pad_counts_as_zero(rng):
    volume = rng.standard_normal((6, 5, 7)).astype(np.float32)
    padded = np.zeros((11, 9, 8), np.float32)
    padded[:6, :5, :7] = volume
    full = laplacian(padded, padded.shape, (1, 1, 2))[:6, :5, :7]
    np.testing.assert_allclose(laplacian(volume, padded.shape, (1, 1, 2)), full, atol=1e-5)
    back = inverse_laplacian(padded, padded.shape, (1, 1, 2))[:6, :5, :7]
    np.testing.assert_allclose(inverse_laplacian(volume, padded.shape, (1, 1, 2)), back, atol=1e-5)


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(QSMError, match="'continuous'"):
        laplacian_spectrum(8, 1.0, "spectral")


def test_the_laplacian_inside_a_mask_is_one_sided_at_its_edge(rng):
    volume, mask = rng.normal(size=(6, 7, 8)), rng.random((6, 7, 8)) < 0.7
    expected = one_sided_laplacian(volume, mask, (1.0, 2.0, 3.0))
    np.testing.assert_allclose(laplacian_inside(volume, mask, (1.0, 2.0, 3.0)), expected, atol=1e-12)
