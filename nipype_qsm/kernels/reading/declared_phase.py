"""Phase in radians, by what the file declares and never by what it happens to hold.

Scanners store phase as integers whose range, not whose extremes, means -pi to pi. The range comes from the user, from
the side-car's `Units`, from the header's slope and intercept, or from a naming convention that fixes it. Stretching an
image's own minimum and maximum to 2 pi is wrong whenever the image does not use its full range, so it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import UnitsError

UK_BIOBANK_RANGE = (0.0, 4096.0)
"""Raw 12-bit values of -pi and +pi: phase = (raw - 2048) / 2048 * pi."""

TWELVE_BIT = 4096
"""Steps of the integers behind a declared slope and intercept."""


class DeclaredPhase(NamedTuple):
    """How stored values become radians: `phase = slope * value + intercept`, and who said so."""

    slope: float
    intercept: float
    declared_by: str


def declared_phase(
    sidecar: Mapping[str, object],
    header_slope: float,
    header_intercept: float,
    *,
    phase_range: Sequence[float] | None = None,
    uk_biobank: bool = False,
    name: str = "phase",
) -> DeclaredPhase:
    """Find the declared range of a phase image.

    Parameters
    ----------
    sidecar : mapping
        The JSON side-car; `Units: rad` declares radians.
    header_slope, header_intercept : float
        As in the image header; 1 and 0 declare nothing.
    phase_range : (2,) float, optional
        Values, after the header's scaling, that mean -pi and +pi. Wins over everything else.
    uk_biobank : bool
        Whether the file follows UK Biobank's convention of raw 12-bit coil phase.
    name : str
        Named in errors.

    Returns
    -------
    declared : DeclaredPhase
        Applies to values after the header's own scaling.
    """
    if phase_range is not None and len(phase_range):
        return _from_range(*phase_range, "the given phase range")
    units = str(sidecar.get("Units", "")).lower()
    if units in ("rad", "radian", "radians"):
        return DeclaredPhase(1.0, 0.0, "Units in the side-car")
    if sidecar.get("ConversionSoftware") == "qsm-forward":
        return DeclaredPhase(1.0, 0.0, "the simulator named in the side-car")
    if (header_slope, header_intercept) != (1.0, 0.0):
        low, high = header_intercept, header_intercept + header_slope * TWELVE_BIT
        if header_slope > 0 and abs(low + high) <= 1.5 * header_slope:
            if abs(low + np.pi) < 1e-3:
                return DeclaredPhase(1.0, 0.0, "slope and intercept of the header (radians)")
            return _from_range(low, high, f"slope and intercept of the header ({low:g} to {high:g})")
    elif uk_biobank:
        return _from_range(*UK_BIOBANK_RANGE, "the UK Biobank file convention (12 bit)")
    raise UnitsError(
        f"The scale of {name} is not declared: no Units in a side-car, no usable slope and intercept in the header.",
        remedy="Give the values that mean -pi and +pi (--phase-range LOW HIGH), e.g. 0 4096 for raw Siemens phase, "
        "-4096 4096 for Siemens phase from dcm2niix, -3.14159265 3.14159265 for radians.",
    )


def _from_range(low: float, high: float, declared_by: str) -> DeclaredPhase:
    if not high > low:
        raise UnitsError(f"Phase range {low:g} to {high:g} is empty.", remedy="Give LOW before HIGH.")
    slope = 2 * np.pi / (high - low)
    return DeclaredPhase(float(slope), float(-np.pi - low * slope), declared_by)


def to_radians(values: np.ndarray, declared: DeclaredPhase, name: str = "phase") -> np.ndarray:
    """Scale stored values to radians, refusing what lies outside the declared range.

    Parameters
    ----------
    values : (x, y, z) float array
        After the header's own scaling.
    declared : DeclaredPhase
    name : str
        Named in errors.

    Returns
    -------
    phase : (x, y, z) float32 array, rad
    """
    phase = values.astype(np.float32, copy=(declared.slope, declared.intercept) != (1.0, 0.0))
    if (declared.slope, declared.intercept) != (1.0, 0.0):
        phase *= np.float32(declared.slope)
        phase += np.float32(declared.intercept)
    # The extremes alone: a NaN makes one of them NaN, and the comparison false.
    largest = max(-float(phase.min(initial=0)), float(phase.max(initial=0)))
    if not largest <= np.pi * 1.01:
        raise UnitsError(
            f"{name} reaches {largest:.4g} rad after scaling by {declared.declared_by}; wrapped phase stays within pi.",
            remedy="Correct the declared range (--phase-range LOW HIGH), or remove values that are not finite.",
        )
    return phase
