"""Receive coils: smooth, complex, and each with a phase of its own that nobody knows.

Loops sit on a helmet around the head. A loop's strength falls with distance as on its axis, and its phase turns with
distance as a wave in tissue does (several radians across the head at 3 T), on top of an unknown constant. All coils
share the smooth phase of transmission.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HELMET_MM = (105.0, 128.0, 118.0)
"""Half axes of the helmet."""
LOOP_RADIUS_MM = 55.0
WAVELENGTH_MM_AT_1T = 780.0
"""In tissue; inversely proportional to the field strength (260 mm at 3 T)."""
TRANSMIT_PHASE_RAD = 1.2


@dataclass(frozen=True)
class Coils:
    """An array of receive coils, fixed to the scanner.

    Parameters
    ----------
    centres : (coil, 3) float array, mm
    constants : (coil,) float array, rad
    transmit : (9,) float array, rad
        Coefficients of the common phase.
    field_strength : float, T
    scale : float
        Makes the root sum of squares 1 on average over the brain.
    """

    centres: np.ndarray
    constants: np.ndarray
    transmit: np.ndarray
    field_strength: float
    scale: float = 1.0

    def sensitivity(self, coil: int, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the complex sensitivity of a coil (from 0) at scanner millimetres, complex64."""
        phase = np.float32(self.constants[coil]) + transmit_phase(self.transmit, x, y, z)
        if len(self.centres) == 1:
            return polar(np.full_like(phase, self.scale), phase)
        a, b, c = (np.float32(value) for value in self.centres[coil])
        squared = (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2
        distance = np.sqrt(squared)
        phase += np.float32(2 * np.pi * self.field_strength / WAVELENGTH_MM_AT_1T) * distance
        ratio = squared * np.float32(LOOP_RADIUS_MM**-2) + 1
        strength = np.float32(self.scale) / (ratio * np.sqrt(ratio))
        return polar(strength, phase)

    def transmission(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the phase that all coils share as a phasor, complex64."""
        phase = transmit_phase(self.transmit, x, y, z)
        return polar(np.ones_like(phase), phase)


def polar(magnitude: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Return magnitude * exp(i phase), complex64, without a complex exponential."""
    out = np.empty(np.broadcast_shapes(magnitude.shape, phase.shape), np.complex64)
    np.multiply(magnitude, np.cos(phase), out=out.real)
    np.multiply(magnitude, np.sin(phase), out=out.imag)
    return out


def transmit_phase(coefficients: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return a polynomial of second order in scanner position, rad, about 1 rad at 100 mm."""
    x, y, z = (axis * np.float32(0.01) for axis in (x, y, z))
    terms = (x, y, z, x * x, y * y, z * z, x * y, y * z, z * x)
    phase = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape), np.float32)
    for coefficient, term in zip(coefficients, terms, strict=True):
        phase += np.float32(coefficient) * term
    return phase


def helmet(n_coils: int, field_strength: float, rng: np.random.Generator) -> Coils:
    """Place coils evenly over the upper five sixths of an ellipsoid, with random phases.

    Parameters
    ----------
    n_coils : int
    field_strength : float, T
    rng : numpy Generator
        The session's: coil phases change when the subject is put back.
    """
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(n_coils)
    height = 1 - (np.arange(n_coils) + 0.5) * (5 / 3) / n_coils
    ring = np.sqrt(1 - height**2)
    centres = np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1) * HELMET_MM
    return Coils(
        centres,
        rng.uniform(-np.pi, np.pi, n_coils),
        TRANSMIT_PHASE_RAD * rng.standard_normal(9).clip(-2, 2) * 0.6,
        field_strength,
    )


def normalised(coils: Coils, points: np.ndarray) -> Coils:
    """Scale coils so that their root sum of squares is 1 on average at some points, (3, n) scanner mm."""
    x, y, z = points.astype(np.float32)
    power = sum(np.abs(coils.sensitivity(coil, x, y, z)) ** 2 for coil in range(len(coils.centres)))
    scale = coils.scale / float(np.sqrt(power).mean())
    return Coils(coils.centres, coils.constants, coils.transmit, coils.field_strength, scale)
