"""Others' programs that a package registry holds, behind the arguments and results of ours; optional (`--peers`).

PyPI `qmrpy` translates the scripts of Bilgic 2014 (doi:10.1002/mrm.25029): SHARP, the closed form with a quadratic
penalty on gradients, and split Bregman. Defaults, but for the unit: its weights are meant for phase, so it gets the
field as phase at the first echo. It assumes B0 along z.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from nipype_qsm.units import radians_per_ppm

PAD = 9
"""Zeros on each side, as the pipeline of `qmrpy` puts."""
L1, L2 = 9.210553177e-4, 0.0316228
"""Weights of the same pipeline."""


class LocalField(NamedTuple):
    """A local field and where there is one, as our methods return them."""

    field_local: np.ndarray
    mask_local: np.ndarray


def framed(volume: np.ndarray) -> tuple[np.ndarray, tuple[slice, ...]]:
    """Return a volume with zeros around, as wide as deep because nothing else works there, and where it lies."""
    side = max(volume.shape[:2])
    before = [PAD + (side - n) // 2 for n in volume.shape[:2]] + [PAD]
    whole = (side + 2 * PAD, side + 2 * PAD, volume.shape[2] + 2 * PAD)
    where = tuple(slice(start, start + n) for start, n in zip(before, volume.shape, strict=True))
    frame = np.zeros(whole)
    frame[where] = volume
    return frame, where


def qmrpy_sharp(field_total: np.ndarray, mask: np.ndarray) -> LocalField:
    from qmrpy.models.qsm import background_removal_sharp

    (total, where), (inside, _) = framed(field_total), framed(mask)
    field, kept = background_removal_sharp(total, inside)
    kept = kept[where] > 0.5
    return LocalField(np.where(kept, field[where], 0), kept)


def qmrpy_l2(field_local: np.ndarray, mask: np.ndarray, grid: Any) -> np.ndarray:
    from qmrpy.models.qsm import calc_chi_l2

    (field, where), (inside, _) = framed(field_local), framed(mask)
    chi, _ = calc_chi_l2(
        field,
        lambda_l2=L2,
        direction="forward",
        image_resolution_mm=np.array(grid.voxel_size),
        mask=inside,
        padding_size=(0, 0, 0),
    )
    return np.where(mask, chi[where], 0)


def qmrpy_split_bregman(
    field_local: np.ndarray, mask: np.ndarray, grid: Any, echo_times: list[float], field_strength: float
) -> np.ndarray:
    from qmrpy.models.qsm import qsm_split_bregman

    (field, where), (inside, _) = framed(field_local), framed(mask)
    scale = radians_per_ppm(echo_times[0], field_strength)
    chi = qsm_split_bregman(
        field * scale,
        inside,
        lambda_l1=L1,
        lambda_l2=L2,
        direction="forward",
        image_resolution_mm=np.array(grid.voxel_size),
        pad_size=(0, 0, 0),
    )
    return np.where(mask, chi[where] / scale, 0)


PEERS: dict[str, dict[str, Callable[..., Any]]] = {
    "background": {"SHARP of qmrpy": qmrpy_sharp},
    "inversion": {"L2 of qmrpy": qmrpy_l2, "TV of qmrpy": qmrpy_split_bregman},
}


def candidates(room: str) -> dict[str, tuple[Callable[..., Any], str]]:
    """Return the peers of a room: function and version of the package."""
    return {name: (function, version("qmrpy")) for name, function in PEERS.get(room, {}).items()}
