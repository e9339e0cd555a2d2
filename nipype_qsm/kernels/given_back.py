"""What background removal took from the brain's own field, given back once a first map tells how much.

A background removal cannot tell the harmonic part of the brain's field from background, and takes it. That part is
larger than the background which it leaves, and it is known as soon as there is a map. So background is removed again,
from what the map's field does not explain, and the map's field is added to what stays.

Some maps have nothing but a harmonic field: those which (1/3 laplacian - d2/dz2), the Laplacian of a map's field, does
not see, such as the bowl x^2 + y^2 + z^2. Where a harmonic field is fitted, no datum says whether a map has one, and
total variation, which dislikes a grey rim around white matter, puts one in. They are taken from an inversion without
harmonic field, of the field to which the brain's own part was given back. All else is the mean of both maps, whose
errors differ: background that is left disturbs the first less, the second loses less of what is slow.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.background.pdf import pdf
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.fourier import bounding_box
from nipype_qsm.kernels.weighted_field import norm

PAD = 16
"""Voxels of room around the volume in which the map's field is computed."""
TOLERANCE = 0.01
"""Background is removed from the rest until an iteration takes less than this part of the field's energy, if the rest
has more."""
BLOCK = 1 << 14
"""Voxels whose polynomials are held together."""


def give_back(field_local: np.ndarray, chi: np.ndarray, mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the map's own field and what `pdf` leaves of the rest.

    Parameters
    ----------
    field_local : (x, y, z) float array, ppm
    chi : (x, y, z) float array, ppm
        A first map, zero outside the mask.
    mask : (x, y, z) bool array
    grid : Grid

    Returns
    -------
    field_local : (x, y, z) float array, ppm
        Zero outside the mask.
    """
    box = bounding_box(mask)
    inside = mask[box]
    made = dipole_field(chi[box], grid.resized(inside.shape), pad=PAD)
    rest = np.where(inside, field_local[box] - made, 0)
    enough, energy = TOLERANCE * norm(field_local[box][inside]) ** 2, norm(rest) ** 2
    if energy > enough:
        rest = pdf(rest, inside, grid.resized(inside.shape), tolerance=enough / energy).field_local
    given = np.zeros_like(field_local)
    given[box] = np.where(inside, made + rest, 0)
    return given


def both(first: np.ndarray, second: np.ndarray, mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the mean of two maps with the unseen part of the second.

    Parameters
    ----------
    first, second : (x, y, z) float array, ppm
        Found with and without a harmonic field.
    mask : (x, y, z) bool array
    grid : Grid

    Returns
    -------
    chi : (x, y, z) float array, ppm
    """
    step = second - first
    return first + (step + unseen(step, mask, grid, 4)) / 2


def unseen(chi: np.ndarray, mask: np.ndarray, grid: Grid, degree: int) -> np.ndarray:
    """Return the part of a map that polynomials with a harmonic field hold, beyond what planes hold.

    Parameters
    ----------
    chi : (x, y, z) float array, ppm
    mask : (x, y, z) bool array
    grid : Grid
    degree : int, >= 2
        Highest degree: 2 gives five polynomials (with the field along z: x y, x z, y z, x^2 - y^2 and x^2 + y^2 + z^2),
        3 seven more, 4 nine more.

    Returns
    -------
    part : (x, y, z) float array, ppm
        Zero outside the mask and on average inside.
    """
    along = np.asarray(grid.b0_direction)[None]
    places = np.argwhere(mask) * np.asarray(grid.voxel_size) @ np.roll(np.linalg.svd(along)[2], -1, axis=0).T
    places -= places.mean(0)
    places /= max(float(np.abs(places).max()), 1e-30)
    families = [_unseen_polynomials(n) for n in range(degree + 1)]
    blocks = [slice(first, first + BLOCK) for first in range(0, len(places), BLOCK)]
    values, planes = chi[mask].astype(np.float64), 4
    size = sum(weights.shape[1] for _, weights in families)
    normal, right = np.zeros((size, size)), np.zeros(size)
    for block in blocks:
        columns = _evaluated(places[block], families)
        normal += columns.T @ columns
        right += columns.T @ values[block]
    found = np.linalg.lstsq(normal, right, rcond=1e-10)[0]
    found[:planes] -= np.linalg.lstsq(normal[:planes, :planes], right[:planes], rcond=1e-10)[0]
    part = np.zeros_like(chi)
    part[mask] = np.concatenate([_evaluated(places[block], families) @ found for block in blocks])
    return part


def _unseen_polynomials(degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the exponents of the monomials of a degree, and a column of weights for each polynomial."""
    exponents = [(i, j, degree - i - j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    lower = [(i, j, degree - 2 - i - j) for i in range(degree - 1) for j in range(degree - 1 - i)]
    operator = np.zeros((len(lower), len(exponents)))
    for column, powers in enumerate(exponents):
        for axis, factor in enumerate((1 / 3, 1 / 3, -2 / 3)):
            reduced = tuple(power - 2 * (number == axis) for number, power in enumerate(powers))
            if reduced in lower:
                operator[lower.index(reduced), column] += factor * powers[axis] * (powers[axis] - 1)
    null = np.linalg.svd(operator)[2][len(lower) :] if lower else np.eye(len(exponents))
    return np.array(exponents), null.T


def _evaluated(places: np.ndarray, families: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the polynomials at (place, axis), a column each."""
    powers = np.empty((len(families), 3, len(places)))
    powers[0] = 1
    for power in range(1, len(families)):
        powers[power] = powers[power - 1] * places.T
    columns = [
        np.stack([powers[i, 0] * powers[j, 1] * powers[k, 2] for i, j, k in exponents], -1) @ weights
        for exponents, weights in families
    ]
    return np.column_stack(columns)
