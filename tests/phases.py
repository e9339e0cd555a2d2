"""What tests of phase share: wrapping, places, and measured coils."""

import numpy as np


def wrap(phase):
    """Return a phase on -pi..pi in single precision, as images hold it."""
    return np.angle(np.exp(1j * phase)).astype(np.float32)


def coordinates(shape):
    """Return the voxels' places from the middle of a volume."""
    return np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in shape], indexing="ij")


def measured_coils(folder):
    """Return eight measured sensitivities, (coil, x, y, z): low-pass images of a brain, the same in four slices."""
    kspace = np.load(folder / "cartesian_ksp.npy")
    middle = tuple(slice(n // 2 - 12, n // 2 + 12) for n in kspace.shape[1:])
    padded = np.zeros((8, 144, 144), complex)
    padded[:, 60:84, 60:84] = kspace[(slice(None), *middle)] * np.hanning(26)[1:-1, None] * np.hanning(26)[1:-1]
    image = np.fft.fftshift(np.fft.ifft2(np.fft.ifftshift(padded, axes=(1, 2))), axes=(1, 2))
    return np.repeat((image / np.abs(image).max())[..., None], 4, axis=-1)
