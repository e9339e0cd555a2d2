"""The steps of preset `best` from wrapped phase to the total field, as kernels in one process."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from _heads import Head

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.background import BACKGROUND_REMOVALS
from nipype_qsm.interfaces.coils import COIL_COMBINATIONS
from nipype_qsm.interfaces.fieldmap import FIELD_MAPPINGS
from nipype_qsm.interfaces.masks import MASKS
from nipype_qsm.interfaces.unwrap import UNWRAPPERS
from nipype_qsm.workflows.presets import PRESETS

BEST = PRESETS["best"]


@dataclass(frozen=True)
class Front:
    """The total field and what the later steps need beside it."""

    field_total: np.ndarray
    mask_reliable: np.ndarray
    reliability: np.ndarray
    magnitude_combined: np.ndarray
    phase: np.ndarray
    phase_unwrapped: np.ndarray
    magnitude: np.ndarray
    grid: Grid

    def without_background(self, method: str, options: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Return the local field of a method, and the mask that the preset makes of it."""
        kernel = BACKGROUND_REMOVALS[method]._kernel
        more = {"magnitude_combined": self.magnitude_combined}
        more = {name: value for name, value in more.items() if name in inspect.signature(kernel).parameters}
        found = kernel(self.field_total, self.mask_reliable, self.grid, **more, **options)
        refine = MASKS["refine"]._kernel
        mask = refine(found.mask_local, self.reliability, self.grid, **BEST["refine_second"][1]).mask
        return found.field_local, mask


def front(head: Head) -> Front:
    """Combine coils, rate the phase, unwrap, and fit the field."""

    def signal(echo: int, coil: int) -> np.ndarray:
        return head.signals[echo, coil]

    coils, options = BEST["coils"]
    combined = COIL_COMBINATIONS[coils]._kernel(
        signal, head.n_coils, head.grid, mask_brain=head.mask, echo_times=head.echo_times, **options
    )
    phase, magnitude = (np.moveaxis(np.stack(part), 0, -1) for part in (combined.phase, combined.magnitude))
    rated = MASKS["reliability"]._kernel(phase, head.mask, head.grid, **BEST["reliability"][1])
    mask = MASKS["refine"]._kernel(head.mask, rated, head.grid, **BEST["refine_first"][1]).mask
    unwrap, options = BEST["unwrap"]
    unwrapped = UNWRAPPERS[unwrap]._kernel(phase, head.mask, magnitude, echo_times=head.echo_times, **options)
    unwrapped = getattr(unwrapped, "phase_unwrapped", unwrapped)
    fit, options = BEST["fieldmap"]
    kernel = FIELD_MAPPINGS[fit]._kernel
    beside = {"magnitude": magnitude, "mask": head.mask, "reliability": rated}
    beside = {name: value for name, value in beside.items() if name in inspect.signature(kernel).parameters}
    facts = {"echo_times": head.echo_times, "field_strength": head.field_strength}
    fitted = kernel(unwrapped, **beside, **facts, **options)
    field_total = getattr(fitted, "field_total", fitted)
    return Front(field_total, mask, rated, combined.magnitude_combined, phase, unwrapped, magnitude, head.grid)


def needs_phase(method: type) -> bool:
    """Tell whether an inversion cannot do with a field."""
    phase = inspect.signature(method._kernel).parameters.get("phase")
    return phase is not None and phase.default is inspect.Parameter.empty
