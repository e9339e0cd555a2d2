"""Phase in radians, by what the file declares and never by what it happens to hold.

Scanners store phase as integers whose range, not whose extremes, means -pi to pi. The range comes from the user, from
the side-car's `Units`, from the header's slope and intercept, or from a naming convention that fixes it. Stretching an
image's own minimum and maximum to 2 pi is wrong whenever the image does not use its full range, so it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import ImageError, UnitsError

UK_BIOBANK_RANGE = (0.0, 4096.0)
"""Raw 12-bit values of -pi and +pi: phase = (raw - 2048) / 2048 * pi."""

INTEGER_HALVES = tuple(2.0**bits for bits in range(9, 15))
"""Half the number of steps of the integers behind a declared slope and intercept: 10 to 15 bits."""

RADIANS_PER_UNIT = {"rad": 1.0, "radian": 1.0, "radians": 1.0, "mrad": 1e-3, "deg": np.pi / 180, "degrees": np.pi / 180}
"""`Units` of a side-car that declare a scale; "arbitrary", which BIDS allows, declares none."""


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
    observed: Sequence[float] | None = None,
    name: str = "phase",
) -> DeclaredPhase:
    """Find the declared range of a phase image.

    Parameters
    ----------
    sidecar : mapping
        The phase image's JSON side-car; `Units: rad` declares radians.
    header_slope, header_intercept : float
        As in the image header; 1 and 0 declare nothing. A pair declares a range where it centres integers of 10 to
        15 bits on zero (dcm2niix writes 2 and -4096 for Siemens), or has -pi at its lower end (Philips, in radians or
        milliradians).
    phase_range : (2,) float, optional
        Values, after the header's scaling, that mean -pi and +pi. Wins over everything else.
    uk_biobank : bool
        Whether the file follows UK Biobank's convention of raw 12-bit coil phase.
    observed : (2,) float, optional
        Extremes of the image: only to suggest a cure in the error, never to scale.
    name : str
        Named in errors.

    Returns
    -------
    declared : DeclaredPhase
        Applies to values after the header's own scaling.
    """
    if phase_range is not None and len(phase_range):
        low, high = phase_range
        return _from_range(low, high, "the given phase range")
    units = str(sidecar.get("Units", "")).lower()
    if units in RADIANS_PER_UNIT:
        return DeclaredPhase(RADIANS_PER_UNIT[units], 0.0, f"Units in the side-car ({units})")
    if sidecar.get("ConversionSoftware") == "qsm-forward":
        return DeclaredPhase(1.0, 0.0, "the simulator named in the side-car")
    if uk_biobank and (header_slope, header_intercept) == (1.0, 0.0):
        return _from_range(*UK_BIOBANK_RANGE, "the UK Biobank file convention (12 bit)")
    declared = _from_header(header_slope, header_intercept)
    if declared is not None:
        return declared
    raise UnitsError(
        f"The scale of {name} is not declared: no Units of phase in a side-car, no usable slope and intercept in the "
        f"header ({header_slope:g}, {header_intercept:g}).",
        remedy=_cure(sidecar, observed),
    )


def _from_header(slope: float, intercept: float) -> DeclaredPhase | None:
    if slope <= 0 or intercept >= 0:
        return None
    if abs(intercept + np.pi) < 1e-3:
        return DeclaredPhase(1.0, 0.0, "slope and intercept of the header (radians)")
    if abs(intercept + 1000 * np.pi) < 1:
        return DeclaredPhase(1e-3, 0.0, "slope and intercept of the header (milliradians, as Philips stores them)")
    if min(abs(-intercept / slope - half) for half in INTEGER_HALVES) <= 1:
        by = f"slope and intercept of the header ({intercept:g} to {-intercept:g})"
        return _from_range(intercept, -intercept, by)
    return None


def _cure(sidecar: Mapping[str, object], observed: Sequence[float] | None) -> str:
    cure = "Give the values that mean -pi and +pi (--phase-range LOW HIGH)"
    likely = _likely_range(*observed) if observed is not None else ""
    slope, intercept = (sidecar.get(f"PhilipsRescale{which}") for which in ("Slope", "Intercept"))
    if isinstance(slope, (int, float)) and isinstance(intercept, (int, float)) and slope > 0 and not likely:
        # Philips: milliradians = slope * stored + intercept.
        low, high = ((end * 1000 * np.pi - intercept) / slope for end in (-1, 1))
        likely = f"the Philips slopes of its side-car mean {low:.6g} {high:.6g} if it holds the stored integers"
    if likely:
        return f"{cure}; {likely}."
    return (
        f"{cure}, e.g. 0 4096 for raw Siemens phase, -4096 4096 for Siemens phase from dcm2niix, "
        "-3.14159265 3.14159265 for radians."
    )


def _likely_range(low: float, high: float) -> str:
    seen = f"its values run from {low:g} to {high:g}, as"
    if 3 < max(-low, high) <= 3.2 and low < -2:
        return f"{seen} radians do: -3.14159265 3.14159265"
    if low >= 0 and 3000 < high <= 4096:
        return f"{seen} raw 12-bit phase does: 0 4096"
    if 3000 < max(-low, high) <= 3143 and low < -2000:
        return f"{seen} milliradians do: -3141.59265 3141.59265"
    if 3143 < max(-low, high) <= 4096 and low < -2000:
        return f"{seen} Siemens phase from dcm2niix does: -4096 4096"
    return ""


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
    low, high = float(phase.min(initial=0)), float(phase.max(initial=0))
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = phase.size - int(np.isfinite(phase).sum())
        raise ImageError(
            f"{name} holds {bad} values that are not finite.",
            remedy="Find the step that made them; if they lie outside the head, set them to zero.",
        )
    largest = max(-low, high)
    if largest > np.pi * 1.01:
        raise UnitsError(
            f"{name} reaches {largest:.4g} rad after scaling by {declared.declared_by}; wrapped phase stays within pi.",
            remedy="Give the values that mean -pi and +pi (--phase-range LOW HIGH); if the phase was unwrapped or "
            "filtered, give the phase as the scanner made it.",
        )
    return phase
