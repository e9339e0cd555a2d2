"""What the benchmark of accuracy says of a result: one function a room, from a method's result to its scores."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from _heads import Head
from scipy import ndimage

from nipype_qsm.kernels.background.vsharp import vsharp
from nipype_qsm.kernels.fieldmap.weighted_echoes import weighted_echoes
from nipype_qsm.kernels.quality.scores import Scores, scores
from nipype_qsm.units import radians_per_ppm

CORE = 5
"""Voxels taken off the brain where fields are compared: all methods have a value inside."""
AROUND_MM = 3.0
"""Width (sigma) of the surroundings that a vein is compared with."""
NO_TURNS = ("laplacian", "harperella")
"""Methods whose phase is not the wrapped one plus whole turns."""

Arguments = dict[str, Any]


def judged_phase(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    """Compare phases with those that the true field makes, on the circle."""
    true = [head.field_total * radians_per_ppm(time, head.field_strength) for time in head.echo_times]

    def gap(phase: np.ndarray) -> float:
        unit = np.exp(1j * phase[head.mask])
        return float(np.sqrt(np.mean(np.angle(unit * np.conj(unit.mean())) ** 2)))

    if method.startswith("phase_difference"):
        difference = result.phase_difference if method == "phase_difference" else result.phase[0]
        return {"evolution": gap(difference - (true[1] - true[0]))}
    evolution = gap(result.phase[1] - result.phase[0] - (true[1] - true[0]))
    return {"evolution": evolution, "offset": gap(result.phase[0] - true[0])}


def judged_mask(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    true, found = (head.reference, result.mask_reference) if method == "ventricles" else (head.mask, result.mask_brain)
    shared = np.count_nonzero(true & found)
    return {
        "dice": 2 * shared / (np.count_nonzero(true) + np.count_nonzero(found)),
        "found": 100 * shared / np.count_nonzero(true),
        "outside": 100 * (1 - shared / np.count_nonzero(found)),
    }


def judged_unwrapping(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    start = arguments["start"]
    phase = getattr(result, "phase_unwrapped", result)
    about = {"echo_times": head.echo_times, "field_strength": head.field_strength}
    field = weighted_echoes(phase, **about).field_total
    local, mask, *_ = vsharp(field, start.mask_reliable & getattr(result, "mask_local", head.mask), head.grid)
    found = {"core": core_error(local, head.field_local, mask, head)}
    if method not in NO_TURNS:
        gap = phase[..., -1] - head.field_total * radians_per_ppm(head.echo_times[-1], head.field_strength)
        turns = np.rint((gap - np.median(gap[start.mask_reliable])) / (2 * np.pi))[start.mask_reliable]
        found["wrong"] = 100 * np.count_nonzero(turns) / turns.size
    return found


def judged_total(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    field, mask = getattr(result, "field_total", result), arguments["start"].mask_reliable
    error = 1000 * (field - head.field_total)[mask]
    near = np.abs(error - np.median(error))
    return {
        "rmse": float(error.std(dtype=np.float64)),
        "p95": float(np.percentile(near, 95)),
        "core": core_error(field, head.field_total, mask, head),
    }


def judged_local(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    """Return the errors of a local field [ppb] and the part of the brain that is kept [percent]."""
    field, mask = result.field_local, result.mask_local
    found = scores(field, head.field_local, mask)
    return {
        "core": core_error(field, head.field_local, mask, head),
        "own": 1000 * float((field - head.field_local)[mask].std(dtype=np.float64)),
        "nrmse": found.nrmse,
        "xsim": found.xsim,
        "kept": 100 * np.count_nonzero(mask) / np.count_nonzero(head.mask),
    }


def core_error(field: np.ndarray, truth: np.ndarray, mask: np.ndarray, head: Head) -> float:
    core = ndimage.binary_erosion(head.mask, iterations=CORE) & mask
    return 1000 * float((field - truth)[core].std(dtype=np.float64))


def judged_map(result: Any, head: Head, arguments: Arguments, method: str, *, own: bool = False) -> dict[str, float]:
    """Return the scores of a map, both maps without their mean."""
    chi = result if isinstance(result, np.ndarray) else result.chi
    where = arguments["mask"] & head.mask if own else head.mask
    value, truth = (np.where(where, v - v[where].mean(dtype=np.float64), 0) for v in (chi, head.chi))
    found: Scores = scores(value, truth, where, deep_grey=head.deep_grey, calcification=head.calcification & where)
    return {
        "nrmse": found.nrmse,
        "detrended": found.nrmse_detrended,
        "slope": found.deep_grey_slope,
        "r": found.deep_grey_r,
        "xsim": found.xsim,
        "hfen": found.hfen,
        "streak": found.calcification_streak,
        "rmse": 1000 * float((value - truth)[where].std(dtype=np.float64)),
    }


def judged_decay(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    ratio = result.t2star[head.mask] / head.t2star[head.mask]
    return {"ratio": float(np.median(ratio)), "error": 100 * float(np.median(np.abs(ratio - 1)))}


def judged_zero(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    true = head.chi - head.chi[head.reference].mean(dtype=np.float64)
    return {"zero": 1000 * float((result.chi_referenced - true)[head.mask].mean(dtype=np.float64))}


def judged_veins(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    """Compare veins with what surrounds them, and tissue likewise."""
    image, tissue = result.astype(np.float32), (head.mask & ~head.veins).astype(np.float32)
    blur = partial(ndimage.gaussian_filter, sigma=[AROUND_MM / size for size in head.grid.voxel_size])
    around = blur(image * tissue) / np.maximum(blur(tissue), 1e-3)
    inside = ndimage.binary_erosion(head.mask, iterations=CORE)
    veins, rest = (image[part] / around[part] for part in (inside & head.veins, inside & ~head.veins))
    return {
        "darker": 100 * (1 - float(np.median(veins))),
        "spread": 100 * 1.4826 * float(np.median(np.abs(rest - np.median(rest)))),
    }
