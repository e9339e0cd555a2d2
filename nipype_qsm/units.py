"""The only place where units meet.

Phase is in radians, every field in ppm of B0, susceptibility in ppm, time in seconds, B0 in tesla. A positive
field offset makes the phase grow with echo time; a paramagnetic source has positive susceptibility. Milliseconds
where seconds are expected are an error with a cure, not a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from nipype_qsm.errors import UnitsError

GYROMAGNETIC_RATIO = 42.577478518
"""Proton gyromagnetic ratio over 2 pi, MHz/T (CODATA 2018)."""

LONGEST_ECHO_TIME = 0.5
"""Seconds; a gradient echo later than this is a time given in milliseconds."""

Number = TypeVar("Number", float, np.ndarray)


def larmor_frequency(field_strength: float) -> float:
    """Return the proton frequency in MHz at a field strength in T."""
    return GYROMAGNETIC_RATIO * checked_field_strength(field_strength)


def radians_per_ppm(echo_time: float, field_strength: float) -> float:
    """Return the phase in rad that a field of 1 ppm makes until `echo_time` [s] at `field_strength` [T]."""
    return 2 * np.pi * larmor_frequency(field_strength) * echo_time


def phase_to_ppm(phase: Number, echo_time: float, field_strength: float) -> Number:
    """Convert an unwrapped phase [rad] at `echo_time` [s] into a field [ppm]."""
    return phase / radians_per_ppm(echo_time, field_strength)


def ppm_to_phase(field: Number, echo_time: float, field_strength: float) -> Number:
    """Convert a field [ppm] into the phase [rad] it makes until `echo_time` [s]."""
    return field * radians_per_ppm(echo_time, field_strength)


def ppm_to_hertz(field: Number, field_strength: float) -> Number:
    """Convert a field [ppm] into a frequency offset [Hz]."""
    return field * larmor_frequency(field_strength)


def hertz_to_ppm(frequency: Number, field_strength: float) -> Number:
    """Convert a frequency offset [Hz] into a field [ppm]."""
    return frequency / larmor_frequency(field_strength)


def ppm_to_ppb(value: Number) -> Number:
    """Convert ppm into ppb."""
    return value * 1000.0


def seconds_to_milliseconds(value: Number) -> Number:
    """Convert s into ms."""
    return value * 1000.0


def ppb_to_ppm(value: Number) -> Number:
    """Convert ppb into ppm."""
    return value / 1000.0


def milliseconds_to_seconds(value: Number) -> Number:
    """Convert ms into s."""
    return value / 1000.0


def per_second_to_per_millisecond(value: Number) -> Number:
    """Convert 1/s into 1/ms."""
    return value / 1000.0


def checked_echo_times(echo_times: Sequence[float]) -> tuple[float, ...]:
    """Return echo times [s], refusing milliseconds, disorder and repeats."""
    times = tuple(float(t) for t in echo_times)
    if not times:
        raise UnitsError("No echo time was given.", remedy="Give one echo time per echo, in seconds.")
    if not all(np.isfinite(t) and t > 0 for t in times):
        raise UnitsError(f"Echo times {list(times)} are not all positive.", remedy="Give them in seconds, e.g. 0.0094.")
    if max(times) > LONGEST_ECHO_TIME:
        raise UnitsError(
            f"Echo times {list(times)} look like milliseconds; seconds are expected.",
            remedy=f"Divide them by 1000: {' '.join(f'{t / 1000:g}' for t in times)}.",
        )
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise UnitsError(
            f"Echo times {list(times)} do not increase.",
            remedy="List the echoes, and their files, from the shortest echo time to the longest.",
        )
    return times


def checked_field_strength(field_strength: float) -> float:
    """Return the field strength [T], refusing what cannot be tesla."""
    value = float(field_strength)
    if not 0.01 <= value <= 30:
        raise UnitsError(
            f"A field strength of {value:g} T is not plausible.",
            remedy="Give it in tesla (MagneticFieldStrength in the side-car), not in MHz or gauss.",
        )
    return value
