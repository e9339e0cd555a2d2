"""Susceptibility-weighted imaging: a magnitude darkened where the filtered phase has one sign.

A mask that falls from one to zero as the phase goes from zero to pi is multiplied a few times with the magnitude, so
that veins and iron, which the magnitude shows faintly, turn black. Here phase is positive where the field is higher,
so a vein along B0 is positive inside; files of scanners with the opposite sign must be turned when they are read.
"""

from __future__ import annotations

import numpy as np

from nipype_qsm.errors import MetadataError, QSMError


def swi(
    phase_filtered: np.ndarray, magnitude: np.ndarray, *, echo: int = 0, power: float = 4.0, darkened: str = "positive"
) -> np.ndarray:
    """Multiply the magnitude with a power of the phase mask.

    Parameters
    ----------
    phase_filtered : (x, y, z, echo) float array, rad
    magnitude : (x, y, z, echo) float array
        Corrected for the coils' sensitivity, if the image is to be looked at.
    echo : int
        Which echo, from 1; 0 takes the last, which has the most contrast.
    power : float, power >= 0
        How often the mask is multiplied. More darkens fainter veins, and noise.
    darkened : "positive" or "negative"
        Sign of the phase that is darkened: positive shows veins and iron, negative shows calcification.

    Returns
    -------
    swi : (x, y, z) float array, units of the magnitude
        Between 0 and the magnitude.

    References
    ----------
    Haacke et al. 2004, doi:10.1002/mrm.20198
    """
    if not 0 <= echo <= phase_filtered.shape[-1]:
        raise MetadataError(
            f"There is no echo {echo}: the phase has {phase_filtered.shape[-1]}.",
            remedy="Count echoes from 1, or give 0 for the last.",
        )
    if darkened not in ("positive", "negative"):
        raise QSMError(f"There is no {darkened} phase to be darkened.", remedy="Choose 'positive' or 'negative'.")
    angle = phase_filtered[..., echo - 1 if echo else -1]
    weight = np.clip(angle if darkened == "positive" else -angle, 0, np.pi) / np.float32(-np.pi)
    weight += 1
    # The nearest float32 to pi lies above it.
    np.maximum(weight, 0, out=weight)
    np.power(weight, np.float32(power), out=weight)
    weight *= magnitude[..., echo - 1 if echo else -1]
    return weight
