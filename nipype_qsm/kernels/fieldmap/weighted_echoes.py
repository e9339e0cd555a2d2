"""One field from several echoes, as UK Biobank combines them.

The unwrapped phases are summed in radians with one weight per echo, the same in every voxel: `W = TE exp(-TE / T2*)`,
the phase signal-to-noise ratio at an assumed T2*. The sum behaves as one echo at an effective echo time, which turns
it into ppm. It needs no magnitude, and a constant that differs between echoes (what an unwrapper leaves free) stays a
constant; an offset at echo time zero does not cancel, so remove it before, in the coil combination.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.units import checked_echo_times, radians_per_ppm


class Combination(NamedTuple):
    """The field, and the single echo that the sum stands for."""

    field_total: np.ndarray
    effective_echo_time: float
    echo_weights: list[float]


def weighted_echoes(
    phase_unwrapped: np.ndarray, *, echo_times: Sequence[float], field_strength: float, t2star_s: float = 0.040
) -> Combination:
    """Sum the unwrapped phases with weights that follow an assumed T2*.

    Parameters
    ----------
    phase_unwrapped : (x, y, z, echo) float array, rad
        Its offset at echo time zero has been removed.
    echo_times : (echo,) float, s
    field_strength : float, T
    t2star_s : float, s, t2star_s > 0
        Larger trusts late echoes more. UK Biobank takes 40 ms for everybody.

    Returns
    -------
    field_total : (x, y, z) float array, ppm
    effective_echo_time : float, s
        Weighted mean of the echo times: the sum of phases is the phase of this echo.
    echo_weights : list of float
        Weights of the phases; their sum is 1.

    References
    ----------
    Wang et al. 2022, doi:10.1038/s41593-022-01074-w
    """
    times = np.asarray(checked_echo_times(echo_times))
    if phase_unwrapped.ndim != 4 or phase_unwrapped.shape[3] != len(times):
        raise MetadataError(
            f"phase_unwrapped has shape {phase_unwrapped.shape} for {len(times)} echo times.",
            remedy="Give one volume per echo time, in the same order.",
        )
    if not 1e-4 <= t2star_s <= 1:
        raise UnitsError(f"A T2* of {t2star_s:g} s is not plausible.", remedy="Give t2star_s in seconds, e.g. 0.040.")
    weights = times * np.exp(-times / t2star_s)
    weights /= weights.sum()
    effective = float(weights @ times)
    scale = weights / radians_per_ppm(effective, field_strength)
    field = phase_unwrapped[..., 0] * phase_unwrapped.dtype.type(scale[0])
    for echo in range(1, len(times)):
        field += phase_unwrapped[..., echo] * phase_unwrapped.dtype.type(scale[echo])
    return Combination(field, effective, [float(w) for w in weights])
