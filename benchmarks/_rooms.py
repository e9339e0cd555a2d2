"""How the methods of each room are measured on a head: what they are given, and what judges what they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from _chain import front, needs_phase
from _heads import Head
from _judged import (
    Arguments,
    judged_decay,
    judged_local,
    judged_map,
    judged_mask,
    judged_phase,
    judged_total,
    judged_unwrapping,
    judged_veins,
    judged_zero,
)

from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.kernels.coils.phase_difference import phase_difference
from nipype_qsm.kernels.inversion.tkd import tkd
from nipype_qsm.kernels.masks.ventricles import ventricles
from nipype_qsm.kernels.swi.filtered_phase import filtered_phase
from nipype_qsm.workflows.presets import PRESETS


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


def of_masks(head: Head, method: str, chain: bool) -> Arguments:
    found = phase_difference(reader(head), head.n_coils)._asdict()
    return facts(head) | found | {"magnitude": per_echo(head), "mask_brain": head.mask}


def of_chain(head: Head, method: str, chain: bool) -> Arguments:
    """Return what the first steps of preset `best` leave to the later ones."""
    start = front(head)
    images = {"phase": start.phase, "magnitude": start.magnitude, "mask": head.mask}
    rest = {"reliability": start.reliability, "phase_unwrapped": start.phase_unwrapped, "start": start}
    filtered = filtered_phase(start.phase, start.magnitude, head.grid)
    return facts(head) | images | rest | {"phase_filtered": filtered}


def of_background(head: Head, method: str, chain: bool) -> Arguments:
    return facts(head) | {"field_total": head.field_total, "mask": head.mask, "magnitude_combined": head.magnitude}


def of_inversion(head: Head, method: str, chain: bool) -> Arguments:
    """Return the true local field; for a method that needs phase, or in a chain, what preset `best` makes of it."""
    from_phase = method in INVERSIONS and needs_phase(INVERSIONS[method])
    if not (chain or from_phase):
        fields = {"field_local": head.field_local, "mask": head.mask}
        return facts(head) | fields | {"magnitude_combined": head.magnitude}
    start = front(head)
    if from_phase:
        fields = {"phase": start.phase, "magnitude": start.magnitude, "mask": start.mask_reliable}
    else:
        local, mask = start.without_background(*PRESETS["best"]["background"])
        fields = {"field_local": local, "mask": mask}
    chosen, options = PRESETS["best"]["inversion"]
    fields |= options if chosen == method else {}
    return facts(head) | fields | {"magnitude_combined": start.magnitude_combined}


def of_relaxation(head: Head, method: str, chain: bool) -> Arguments:
    return facts(head) | {"magnitude": per_echo(head), "mask": head.mask}


def of_reference(head: Head, method: str, chain: bool) -> Arguments:
    region = ventricles(per_echo(head), head.mask, head.grid, echo_times=head.echo_times).mask_reference
    chi = tkd(head.field_local, head.mask, head.grid)
    return facts(head) | {"chi": chi, "mask_tissue": head.mask, "mask_reference": region}


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
        of_chain,
        judged_unwrapping,
    ),
    "fieldmap": Room(
        "the phase that `best` combines and unwraps; against the true total field, where phase is reliable",
        {"rmse": "RMSE ppb", "p95": "largest 5 % beyond, ppb", "core": "core ppb"},
        of_chain,
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
        of_chain,
        judged_veins,
    ),
}

UNMEASURED = {
    "reading": "it reads and looks for faults; there is no map",
    "coils/combined": "it passes on what is combined already",
    "coils/sum_of_squares": "it gives no phase",
    "masks/threshold_mask": "it rounds what a registration gives",
    "masks/reliability": "what it is worth shows in the whole chain's mask",
    "masks/white_matter": "it works on T1: see the step's page",
    "masks/lesions": "it works on FLAIR: see the step's page",
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
