"""Slow and obvious implementations, to hold the fast ones against."""

import numpy as np


def mean_over_sphere(volume, weights, place):
    """Add up the voxels around one place, one by one."""
    total, weight = 0.0, 0.0
    for k in np.ndindex(weights.shape):
        if weights[k] > 0:
            total += float(weights[k]) * float(volume[tuple(place + np.array(k) - np.array(weights.shape) // 2)])
            weight += float(weights[k])
    return total / weight


def point_dipole_field(grid, place_mm, moment=1.0):
    """Field of a small magnetised sphere: (3 cos^2 - 1) / r^3 about `place_mm`, measured from the volume's centre."""
    axes = [
        (np.arange(n) - (n - 1) / 2) * d - p
        for n, d, p in zip(grid.shape, grid.voxel_size, place_mm, strict=True)
    ]
    r = np.stack(np.meshgrid(*axes, indexing="ij"))
    distance = np.sqrt((r**2).sum(axis=0))
    cosine = np.tensordot(grid.b0_direction, r, axes=1) / np.maximum(distance, 1e-9)
    return moment * (3 * cosine**2 - 1) / np.maximum(distance, 1e-9) ** 3


def vsharp_by_convolution(field, mask, spheres, voxel_size, *, threshold, shape):
    """V-SHARP as it is written down: every sphere, the field and the mask go through complex double-precision FFTs.

    Returns the deconvolved field and, for each voxel, how many of the growing spheres fit.
    """
    core = tuple(slice(0, n) for n in field.shape)

    def spectrum(kernel):
        large = np.zeros(shape, complex)
        large[tuple(slice(0, n) for n in kernel.shape)] = kernel
        return np.fft.fftn(np.roll(large, [-(n // 2) for n in kernel.shape], axis=(0, 1, 2)))

    def convolved(volume, kernel):
        large = np.zeros(shape, complex)
        large[core] = volume
        return np.fft.ifftn(np.fft.fftn(large) * spectrum(kernel)).real[core]

    def distances(box):
        offsets = [(np.arange(n) - n // 2) * d for n, d in zip(box, voxel_size, strict=True)]
        return np.sqrt(sum(o**2 for o in np.meshgrid(*offsets, indexing="ij")))

    local, level = np.zeros(field.shape), np.zeros(field.shape, int)
    for number, sphere in enumerate(spheres, start=1):
        reach = distances(sphere.shape)[sphere > 0].max() + 1e-6
        ball = distances([2 * int(reach / d) + 1 for d in voxel_size]) <= reach
        fits = convolved(mask, ball / ball.sum()) > 1 - 1e-9
        level[fits] = number
        local[fits] = (field - convolved(field, sphere / sphere.sum()))[fits]
    high_pass = 1 - spectrum(spheres[-1] / spheres[-1].sum())
    inverse = np.where(np.abs(high_pass) > threshold, 1 / np.where(high_pass == 0, 1, high_pass), 0)
    large = np.zeros(shape, complex)
    large[core] = local
    return np.fft.ifftn(np.fft.fftn(large) * inverse).real[core], level
