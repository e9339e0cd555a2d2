"""How the methods of each room are measured on a head: what they are given, and how what they give is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from _chain import Front, front, needs_phase
from _heads import Head
from scipy import ndimage

from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.kernels.background.vsharp import vsharp
from nipype_qsm.kernels.coils.phase_difference import phase_difference
from nipype_qsm.kernels.fieldmap.weighted_echoes import weighted_echoes
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.kernels.masks.ventricles import ventricles
from nipype_qsm.kernels.quality.scores import Scores, scores
from nipype_qsm.kernels.swi.filtered_phase import filtered_phase
from nipype_qsm.units import radians_per_ppm
from nipype_qsm.workflows.presets import PRESETS

CORE = 5
"""Voxels taken off the brain where fields are compared: all methods have a value inside."""
AROUND_MM = 3.0
"""Width (sigma) of the surroundings that a vein is compared with."""
NO_TURNS = ("laplacian", "harperella")
"""Methods whose phase is not the wrapped one plus whole turns."""

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Room:
    """A room's columns, and the two functions that fill them.

    Parameters
    ----------
    given : str
        What the methods get, for the reader of the table.
    columns : dict of str
        Name of a score to its title.
    arguments : callable
        From head, method and whether the chain comes before, to the kernel's arguments; too many do no harm.
    judged : callable
        From result, head, arguments and method to the scores.
    needs_truth : bool
        Whether it needs what only a digital subject of this project knows.
    """

    given: str
    columns: dict[str, str]
    arguments: Callable[[Head, str, bool], Arguments]
    judged: Callable[[Any, Head, Arguments, str], dict[str, float]]
    needs_truth: bool = True


def facts(head: Head) -> Arguments:
    return {"grid": head.grid, "echo_times": head.echo_times, "field_strength": head.field_strength}


def reader(head: Head) -> Callable[[int, int], np.ndarray]:
    return lambda echo, coil: head.signals[echo, coil]


def per_echo(head: Head) -> np.ndarray:
    """Return the root sum of squares of the coils, echo last."""
    echoes = range(len(head.echo_times))
    squares = [sum(np.abs(head.signals[echo, coil]) ** 2 for coil in range(head.n_coils)) for echo in echoes]
    return np.moveaxis(np.sqrt(np.stack(squares)), 0, -1)


def of_coils(head: Head, method: str, chain: bool) -> Arguments:
    return facts(head) | {"read": reader(head), "n_coils": head.n_coils, "mask_brain": head.mask}


def judged_phase(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    """Compare phases with those that the true field makes, on the circle."""
    true = [head.field_total * radians_per_ppm(time, head.field_strength) for time in head.echo_times]

    def gap(phase: np.ndarray) -> float:
        unit = np.exp(1j * phase[head.mask])
        return float(np.sqrt(np.mean(np.angle(unit * np.conj(unit.mean())) ** 2)))

    if method == "phase_difference":
        return {"evolution": gap(result.phase_difference - (true[1] - true[0]))}
    evolution = gap(result.phase[1] - result.phase[0] - (true[1] - true[0]))
    return {"evolution": evolution, "offset": gap(result.phase[0] - true[0])}


def of_masks(head: Head, method: str, chain: bool) -> Arguments:
    found = phase_difference(reader(head), head.n_coils)._asdict()
    return facts(head) | found | {"magnitude": per_echo(head), "mask_brain": head.mask}


def judged_mask(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    true, found = (head.reference, result.mask_reference) if method == "ventricles" else (head.mask, result.mask_brain)
    shared = np.count_nonzero(true & found)
    return {
        "dice": 2 * shared / (np.count_nonzero(true) + np.count_nonzero(found)),
        "found": 100 * shared / np.count_nonzero(true),
        "outside": 100 * (1 - shared / np.count_nonzero(found)),
    }


def of_unwrapping(head: Head, method: str, chain: bool) -> Arguments:
    start = front(head)
    beside = {"magnitude": start.magnitude, "mask": head.mask, "start": start}
    return facts(head) | beside | {"phase": start.phase}


def judged_unwrapping(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    start: Front = arguments["start"]
    phase = getattr(result, "phase_unwrapped", result)
    about = {"echo_times": head.echo_times, "field_strength": head.field_strength}
    field = weighted_echoes(phase, **about).field_total
    if method == "harperella":
        local, mask = field, result.mask_local
    else:
        local, mask, *_ = vsharp(field, start.mask_reliable, head.grid)
    found = {"core": core_error(local, head.field_local, mask, head)}
    if method not in NO_TURNS:
        gap = phase[..., -1] - head.field_total * radians_per_ppm(head.echo_times[-1], head.field_strength)
        turns = np.rint((gap - np.median(gap[start.mask_reliable])) / (2 * np.pi))[start.mask_reliable]
        found["wrong"] = 100 * np.count_nonzero(turns) / turns.size
    return found


def of_fields(head: Head, method: str, chain: bool) -> Arguments:
    start = front(head)
    beside = {"magnitude": start.magnitude, "mask": head.mask, "reliability": start.reliability, "start": start}
    return facts(head) | beside | {"phase_unwrapped": start.phase_unwrapped}


def judged_total(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    field, mask = getattr(result, "field_total", result), arguments["start"].mask_reliable
    error = 1000 * (field - head.field_total)[mask]
    near = np.abs(error - np.median(error))
    return {
        "rmse": float(error.std(dtype=np.float64)),
        "p95": float(np.percentile(near, 95)),
        "core": core_error(field, head.field_total, mask, head),
    }


def of_background(head: Head, method: str, chain: bool) -> Arguments:
    return facts(head) | {"field_total": head.field_total, "mask": head.mask, "magnitude_combined": head.magnitude}


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


def of_inversion(head: Head, method: str, chain: bool) -> Arguments:
    """Return the true local field; for a method that needs phase, or in a chain, what preset `best` makes of it."""
    if not (chain or needs_phase(INVERSIONS[method])):
        fields = {"field_local": head.field_local, "mask": head.mask}
        return facts(head) | fields | {"magnitude_combined": head.magnitude}
    start = front(head)
    if needs_phase(INVERSIONS[method]):
        fields = {"phase": start.phase, "magnitude": start.magnitude, "mask": start.mask_reliable}
    else:
        local, mask = start.without_background(*PRESETS["best"]["background"])
        fields = {"field_local": local, "mask": mask}
    chosen, options = PRESETS["best"]["inversion"]
    fields |= options if chosen == method else {}
    return facts(head) | fields | {"magnitude_combined": start.magnitude_combined}


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


def of_relaxation(head: Head, method: str, chain: bool) -> Arguments:
    return facts(head) | {"magnitude": per_echo(head), "mask": head.mask}


def judged_decay(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    ratio = result.t2star[head.mask] / head.t2star[head.mask]
    return {"ratio": float(np.median(ratio)), "error": 100 * float(np.median(np.abs(ratio - 1)))}


def of_reference(head: Head, method: str, chain: bool) -> Arguments:
    region = ventricles(per_echo(head), head.mask, head.grid, echo_times=head.echo_times).mask_reference
    chi = tkd(head.field_local, head.mask, head.grid)
    return facts(head) | {"chi": chi, "mask_tissue": head.mask, "mask_reference": region}


def judged_zero(result: Any, head: Head, arguments: Arguments, method: str) -> dict[str, float]:
    true = head.chi - head.chi[head.reference].mean(dtype=np.float64)
    return {"zero": 1000 * float((result.chi_referenced - true)[head.mask].mean(dtype=np.float64))}


def of_swi(head: Head, method: str, chain: bool) -> Arguments:
    start = front(head)
    images = {"phase": start.phase, "magnitude": start.magnitude, "mask": head.mask}
    return facts(head) | images | {"phase_filtered": filtered_phase(start.phase, start.magnitude, head.grid)}


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


MEASURED = {
    "coils": Room(
        "the raw coils and the true brain mask; root mean square on the circle, without the mean, against the phase "
        "of the true field",
        {"evolution": "phase between echoes, rad", "offset": "phase of the first echo, rad"},
        of_coils,
        judged_phase,
    ),
    "masks": Room(
        "magnitudes, and the phase difference of two echoes; against the true brain, or the true lateral ventricles",
        {"dice": "Dice", "found": "found %", "outside": "outside %"},
        of_masks,
        judged_mask,
    ),
    "unwrap": Room(
        "the phase that `best` combines; core: local field after weighted echoes and V-SHARP, turns: reliable voxels "
        "of the last echo",
        {"core": "core ppb", "wrong": "wrong turns %"},
        of_unwrapping,
        judged_unwrapping,
    ),
    "fieldmap": Room(
        "the phase that `best` combines and unwraps; against the true total field, where phase is reliable",
        {"rmse": "RMSE ppb", "p95": "largest 5 % beyond, ppb", "core": "core ppb"},
        of_fields,
        judged_total,
    ),
    "background": Room(
        "the true total field; own: where the method has a value, core: without the brain's outer five voxels",
        {"core": "core ppb", "own": "own ppb", "nrmse": "NRMSE %", "xsim": "XSIM", "kept": "kept %"},
        of_background,
        judged_local,
        needs_truth=False,
    ),
    "inversion": Room(
        "the true local field (a method that starts from phase: what `best` combines, on reliable voxels); whole "
        "brain, both maps without their mean",
        {
            "nrmse": "NRMSE %",
            "detrended": "detrended %",
            "slope": "deep grey slope",
            "r": "r",
            "xsim": "XSIM",
            "hfen": "HFEN %",
            "streak": "calcification streak",
            "rmse": "RMSE ppb",
        },
        of_inversion,
        judged_map,
        needs_truth=False,
    ),
    "relaxation": Room(
        "magnitudes; T2* of the brain against the truth, medians over voxels",
        {"ratio": "T2* / true", "error": "relative error %"},
        of_relaxation,
        judged_decay,
    ),
    "reference": Room(
        "TKD's map of the true local field, and the ventricles that `ventricles` finds; the true zero is the true "
        "ventricles' mean",
        {"zero": "zero off by, ppb"},
        of_reference,
        judged_zero,
    ),
    "swi": Room(
        "the phase that `best` combines, and magnitudes; against the tissue within 3 mm",
        {"darker": "veins darker by %", "spread": "spread of tissue %"},
        of_swi,
        judged_veins,
    ),
}

UNMEASURED = {
    "reading": "it reads and looks for faults; there is no map",
    "coils/combined": "it passes on what is combined already",
    "coils/sum_of_squares": "it gives no phase",
    "masks/threshold_mask": "it rounds what a registration gives",
    "masks/reliability": "what it is worth shows in the whole chain's mask",
    "masks/refine": "what it is worth shows in the whole chain's mask",
    "masks/strong_sources": "it is judged with `merge_passes` by the map: see the step's page",
    "masks/merge_passes": "it is judged by the map around a calcification: see the step's page",
    "unwrap/prelude": "an external program (FSL), which cannot be had here",
    "reference/brain": "its zero is the brain's mean by definition",
    "swi/filtered_phase": "a phase image, judged by the SWI that is made of it",
    "swi/minimum_projection": "it lays slices over each other",
    "separation": "no subject here has two sources in a voxel; its laws and closed forms are tested",
    "register": "see the step's page",
    "regions": "see the step's page",
    "cohort": "see the step's page",
    "genetics": "see the step's page",
}
"""Rooms and methods without figures, and why."""
