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


def padded(volume: np.ndarray) -> np.ndarray:
    return np.pad(volume.astype(np.float64), PAD)


def cropped(volume: np.ndarray) -> np.ndarray:
    return volume[PAD:-PAD, PAD:-PAD, PAD:-PAD]


def qmrpy_sharp(field_total: np.ndarray, mask: np.ndarray) -> LocalField:
    from qmrpy.models.qsm import background_removal_sharp

    field, kept = background_removal_sharp(padded(field_total), padded(mask))
    kept = cropped(kept) > 0.5
    return LocalField(np.where(kept, cropped(field), 0), kept)


def qmrpy_l2(field_local: np.ndarray, mask: np.ndarray, grid: Any) -> np.ndarray:
    from qmrpy.models.qsm import calc_chi_l2

    chi, _ = calc_chi_l2(
        padded(field_local),
        lambda_l2=L2,
        direction="forward",
        image_resolution_mm=np.array(grid.voxel_size),
        mask=padded(mask),
        padding_size=(PAD, PAD, PAD),
    )
    return np.where(mask, chi, 0)


def qmrpy_split_bregman(
    field_local: np.ndarray, mask: np.ndarray, grid: Any, echo_times: list[float], field_strength: float
) -> np.ndarray:
    from qmrpy.models.qsm import qsm_split_bregman

    scale = radians_per_ppm(echo_times[0], field_strength)
    chi = qsm_split_bregman(
        padded(field_local) * scale,
        padded(mask),
        lambda_l1=L1,
        lambda_l2=L2,
        direction="forward",
        image_resolution_mm=np.array(grid.voxel_size),
        pad_size=(PAD, PAD, PAD),
    )
    return np.where(mask, chi / scale, 0)


PEERS: dict[str, dict[str, Callable[..., Any]]] = {
    "background": {"SHARP of qmrpy": qmrpy_sharp},
    "inversion": {"L2 of qmrpy": qmrpy_l2, "TV of qmrpy": qmrpy_split_bregman},
}


def candidates(room: str) -> dict[str, tuple[Callable[..., Any], str]]:
    """Return the peers of a room: function and version of the package."""
    return {name: (function, version("qmrpy")) for name, function in PEERS.get(room, {}).items()}
