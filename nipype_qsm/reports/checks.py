"""Is this subject usable? The questions a reader asks first, each answered with a number and its usual range.

A check is not a diagnosis: "look" means that the number lies outside what adult brains usually give, and says which
picture to look at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nipype_qsm.reports.measures import MaskShape, MaskStep, Spread
from nipype_qsm.reports.outputs import is_number
from nipype_qsm.units import ppm_to_ppb

BRAIN_ML = (900.0, 2000.0)
SYMMETRY = 0.93
"""Whole brains reach 0.957 and more, brains that lost a side 0.911 and less."""
LENGTH_BY_WIDTH = (1.08, 1.5)
"""Whole brains 1.19 to 1.31; without their front or back quarter 0.91 to 1.03."""
SHADING = 5.0
KEPT = 0.8
JUMPS = 0.005
PHASE_SPAN = 0.9
T2STAR_MS = (25.0, 80.0)
"""Median over the brain at 1.5 to 7 T."""

BEYOND = 0.05
FEWEST_REFERENCE_VOXELS = 50


@dataclass
class Measured:
    """What was measured on the volumes; empty where a volume is missing.

    Parameters
    ----------
    masks : list of MaskStep
    voxel_ml : float
        Volume of a voxel, ml.
    mask_shape : MaskShape, optional
        Of the brain mask.
    shading : float, optional
        Brightest over darkest part of the smoothed magnitude in the brain mask.
    phase_span : dict
        Range of the wrapped phase in the brain by echo, rad.
    jumps : dict
        Share of neighbours that differ by more than half a turn after unwrapping, by echo.
    chi : Spread, optional
        Of susceptibility in the tissue mask, ppb.
    chi_beyond : float
        Share of the tissue outside the window that is drawn.
    t2star : Spread, optional
        ms, where it could be computed.
    """

    masks: list[MaskStep] = field(default_factory=list)
    voxel_ml: float = 0.0
    mask_shape: MaskShape | None = None
    shading: float | None = None
    phase_span: dict[int, float] = field(default_factory=dict)
    jumps: dict[int, float] = field(default_factory=dict)
    chi: Spread | None = None
    chi_beyond: float = 0.0
    t2star: Spread | None = None


@dataclass(frozen=True)
class Check:
    """One question and its answer.

    Parameters
    ----------
    question : str
    answer : str
        The number, with its unit.
    usual : str
        What it usually is.
    good : bool
    """

    question: str
    answer: str
    usual: str
    good: bool


def checks(measured: Measured, summary: dict[str, Any]) -> list[Check]:
    """Answer every question that the outputs allow.

    Parameters
    ----------
    measured : Measured
    summary : dict
        Content of `summary.json`.
    """
    return [
        *_mask_checks(measured),
        *_phase_checks(measured),
        *_inversion_check(summary.get("convergence")),
        *_reference_check(summary.get("reference")),
        *_map_checks(measured),
    ]


def _mask_checks(measured: Measured) -> list[Check]:
    found = []
    by_name = {step.name: step for step in measured.masks}
    brain = by_name.get("mask_brain")
    if brain and measured.voxel_ml:
        volume = brain.n_voxels * measured.voxel_ml
        usual = f"{BRAIN_ML[0]:.0f} to {BRAIN_ML[1]:.0f} ml"
        found.append(Check("Brain mask", f"{volume:.0f} ml", usual, BRAIN_ML[0] <= volume <= BRAIN_ML[1]))
    found += _shape_checks(measured)
    last = by_name.get("mask_tissue") or by_name.get("mask_local") or by_name.get("mask_reliable")
    if brain and last:
        kept = last.n_voxels / brain.n_voxels
        found.append(Check("Brain with a susceptibility", f"{kept:.0%}", f"{KEPT:.0%} or more", kept >= KEPT))
    return found


def _shape_checks(measured: Measured) -> list[Check]:
    found = []
    if measured.mask_shape:
        shape = measured.mask_shape
        usual = f"{SYMMETRY:.0%} or more"
        found.append(Check("Brain mask, left as right", f"{shape.symmetry:.0%}", usual, shape.symmetry >= SYMMETRY))
        low, high = LENGTH_BY_WIDTH
        good = low <= shape.length_by_width <= high
        answer = f"{shape.length_by_width:.2f}"
        found.append(Check("Brain mask, length by width", answer, f"{low:g} to {high:g}", good))
    if measured.shading is not None:
        answer, usual = f"{measured.shading:.1f} to 1", f"below {SHADING:g} to 1"
        found.append(Check("Shading of the magnitude", answer, usual, measured.shading < SHADING))
    return found


def _phase_checks(measured: Measured) -> list[Check]:
    found = []
    if measured.phase_span:
        least = min(measured.phase_span.values())
        usual = f"{PHASE_SPAN * 2 * np.pi:.2f} to {2 * np.pi:.2f} rad"
        good = PHASE_SPAN * 2 * np.pi <= least
        found.append(Check("Range of the wrapped phase", f"{least:.2f} rad", usual, good))
    if measured.jumps:
        most = max(measured.jumps.values())
        question = "Jumps left by unwrapping"
        found.append(Check(question, f"{most:.2%} of neighbours", f"below {JUMPS:.1%}", most < JUMPS))
    return found


def _inversion_check(convergence: Any) -> list[Check]:
    if not isinstance(convergence, dict) or not isinstance(convergence.get("converged"), bool):
        return []
    good = convergence["converged"]
    return [Check("Inversion converged", "yes" if good else "no", "yes", good)]


def _reference_check(reference: Any) -> list[Check]:
    if not isinstance(reference, dict):
        return []
    count, method = reference.get("n_voxels"), reference.get("method")
    if not is_number(count):
        return []
    answer = f"{count:,.0f} voxels".replace(",", "\N{NARROW NO-BREAK SPACE}")
    usual = f"{FEWEST_REFERENCE_VOXELS} voxels or more"
    question = f"Reference ({method})" if method else "Reference"
    # A whole-brain mean moves with the brain's own iron and atrophy: usable, but never in silence.
    if method == "brain":
        return [Check(question, "the whole brain", "a region", good=False)]
    return [Check(question, answer, usual, count >= FEWEST_REFERENCE_VOXELS)]


def _map_checks(measured: Measured) -> list[Check]:
    found = []
    if measured.chi:
        found.append(
            Check(
                "Susceptibility beyond the window",
                f"{measured.chi_beyond:.1%} of tissue",
                f"below {BEYOND:.0%}",
                measured.chi_beyond < BEYOND,
            )
        )
    if measured.t2star:
        value = measured.t2star.median
        usual = f"{T2STAR_MS[0]:.0f} to {T2STAR_MS[1]:.0f} ms"
        found.append(Check("Median T2*", f"{value:.1f} ms", usual, T2STAR_MS[0] <= value <= T2STAR_MS[1]))
    return found


def reference_ppb(reference: Any) -> float | None:
    """Return the reference value of the summary, ppb."""
    if not isinstance(reference, dict):
        return None
    value = reference.get("value_ppm")
    return ppm_to_ppb(float(value)) if is_number(value) else None
