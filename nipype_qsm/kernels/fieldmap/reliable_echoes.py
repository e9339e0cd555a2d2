"""One field from those echoes of each voxel that can be trusted.

At high field strength, near air and at long echo times the phase turns too steeply within a voxel's surroundings to be
unwrapped, while the first echoes of the same voxel are sound. So an echo counts in a voxel while it and all before it
are reliable there, with the inverse variance of its phase; where only the first is left, it makes the field alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nipype_qsm.errors import MetadataError
from nipype_qsm.kernels.fieldmap.linear_fit import linear_fit


def reliable_echoes(
    phase_unwrapped: np.ndarray,
    magnitude: np.ndarray,
    mask: np.ndarray,
    reliability: np.ndarray,
    *,
    echo_times: Sequence[float],
    field_strength: float,
    least_reliability: float = 0.5,
) -> np.ndarray:
    """Fit phase = 2 pi gamma B0 field TE to the reliable echoes of each voxel, with weights magnitude^2.

    Parameters
    ----------
    phase_unwrapped : (x, y, z, echo) float array, rad
        Its offset at echo time zero has been removed.
    magnitude : (x, y, z, echo) float array
    mask : (x, y, z) bool array
    reliability : (x, y, z, echo) float array, 0 to 1
    echo_times : (echo,) float, s
    field_strength : float, T
    least_reliability : float, 0 to 1
        An echo with less ends the voxel's echoes; the first always counts. 0 takes them all.

    Returns
    -------
    field_total : (x, y, z) float array, ppm
        Zero outside the mask and where no echo has signal.

    References
    ----------
    Wang et al. 2022 (reliability), doi:10.1038/s41593-022-01074-w
    """
    if reliability.shape != phase_unwrapped.shape:
        raise MetadataError(
            f"reliability {reliability.shape} and phase_unwrapped {phase_unwrapped.shape} do not match.",
            remedy="Give one volume of each per echo time, in the same order.",
        )
    counting, sound = magnitude.copy(), np.ones(mask.shape, bool)
    for echo in range(1, reliability.shape[3]):
        sound &= reliability[..., echo] >= least_reliability
        counting[..., echo] *= sound
    return linear_fit(
        phase_unwrapped, counting, mask, echo_times=echo_times, field_strength=field_strength, noise_level=1.0
    ).field_total
