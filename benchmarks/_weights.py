"""Whether the smoothing that a method chooses is the best that it could have: the table of `inversion.py --weights`.

Two digital subjects, SNR 30 to 300. "exact": the true local field with white noise (SNR at 20 ms); "chain": the field
that preset `best` makes from the subject scanned with that SNR (first echo), scored where it has a value. The error of
a method's own choice is set against the least on a ladder of fixed ones, a factor of two apart, walked from its own
until the error rises on both sides. Methods without a weight smooth by when they stop: that is the ladder's rung.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from _chain import Front, front, needs_phase
from _heads import Head, of_subject

from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.units import radians_per_ppm
from nipype_qsm.workflows.presets import PRESETS

SNRS = (30, 50, 100, 300)
MOST = 9
"""Steps of the ladder on one side, at most."""
PAD = 8
"""Room of the methods that iterate; the closed form keeps its own."""
SUBJECTS: dict[str, dict[str, Any]] = {
    "head, 2.3 mm": {"seed": 23, "shape": (64, 78, 58), "voxel_size": (2.3, 2.3, 2.3)},
    "block, 1.5 mm": {"seed": 24, "shape": (64, 72, 56), "voxel_size": (1.5, 1.5, 1.5), "obliquity": (15.0, 0.0)},
}
RUNGS = {"rts": ("first_iterations", 6), "ndi": ("tolerance", 0.03)}
"""What smooths where a method returns no weight, and its default."""
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "tv of best": ("tv", {"regularisation": PRESETS["best"]["inversion"][1]["regularisation"]}),
    "tv, no harmonic": ("tv", {"harmonic_weight": 0.0, "support": False}),
    "tikhonov, gradient": ("tikhonov", {"penalty": "gradient"}),
}
"""Rows besides the methods with their defaults."""


class Given(NamedTuple):
    """What an inversion is given, and the truth."""

    arguments: dict[str, Any]
    chi: np.ndarray
    mask: np.ndarray


@lru_cache(maxsize=4)
def scanned(name: str, snr: int) -> tuple[Head, Front]:
    """Return a subject scanned with a noise, and what the chain makes of it before background removal."""
    head = of_subject(DigitalSubject("iso2", n_coils=2, snr=float(snr), threads=1, **SUBJECTS[name]))
    return head, front(head)


def exact(name: str, snr: int) -> Given:
    """Return the true local field with noise."""
    head, _ = scanned(name, SNRS[-1])
    spread = 1 / (snr * radians_per_ppm(0.020, head.field_strength))
    noise = np.random.default_rng(1).normal(0, spread, head.mask.shape) * head.mask
    field = (head.field_local + noise).astype(np.float32)
    magnitude = head.magnitude.astype(np.float32)
    return Given({"field_local": field, "mask": head.mask, "magnitude_combined": magnitude}, head.chi, head.mask)


def chain(name: str, snr: int) -> Given:
    """Return the field of preset `best`, and for a method that starts from phase what precedes it."""
    head, start = scanned(name, snr)
    field, mask = start.without_background(*PRESETS["best"]["background"])
    arguments = {"field_local": field, "mask": mask, "magnitude_combined": start.magnitude_combined}
    phase = {"phase": start.phase, "magnitude": start.magnitude, "echo_times": head.echo_times}
    return Given(arguments | phase | {"field_strength": head.field_strength}, head.chi, mask & head.mask)


GIVEN = {"exact": exact, "chain": chain}


def rows(only: list[str] | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield label, kernel and options of what is measured."""
    for name, interface in INVERSIONS.items():
        weighted = name in RUNGS or "selection" in inspect.signature(interface._kernel).parameters
        if weighted and name in (only or [name]):
            yield name, name, {}
    for label, (name, options) in VARIANTS.items():
        if label in (only or [label]):
            yield label, name, options


def weights(only: list[str] | None, kinds: list[str], snrs: list[int]) -> None:
    """Print error of the own choice over the least error, and the ladder's rung of the least, for each condition."""
    for name in SUBJECTS:
        for kind in kinds:
            print(f"\n{name}, {kind}: RMSE ppb / least = ratio (weight of the least relative to the own)", flush=True)
            print(f"{'method':<20}" + "".join(f"{f'SNR {snr}':>30}" for snr in snrs), flush=True)
            given = {snr: GIVEN[kind](name, snr) for snr in snrs}
            grid = scanned(name, SNRS[-1])[0].grid
            for label, method, options in rows(only):
                if kind == "exact" and needs_phase(INVERSIONS[method]):
                    continue
                row = f"{label:<20}"
                for snr in snrs:
                    own, least, rung = compared(method, given[snr], {"grid": grid, **options})
                    row += f"{f'{own:.2f} / {least:.2f} = {own / least:.3f} ({rung:g})':>30}"
                print(row, flush=True)


def compared(method: str, given: Given, options: dict[str, Any]) -> tuple[float, float, float]:
    """Return the error of a method's own choice, the least of the ladder, and where it is."""
    kernel = INVERSIONS[method]._kernel
    accepted = inspect.signature(kernel).parameters
    arguments = {name: value for name, value in (given.arguments | options).items() if name in accepted}
    arguments |= {"pad": PAD} if method != "tikhonov" else {}

    def error(**more: Any) -> tuple[float, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # far from the own weight the limit may come first
            found = kernel(**(arguments | more))
        where = given.mask & getattr(found, "mask_tissue", given.mask)
        return 1000 * float(np.std((found.chi - given.chi)[where], dtype=np.float64)), found

    own, found = error()
    if method in RUNGS:
        option, default = RUNGS[method]
        kind = type(default)
        trial = lambda factor: error(**{option: kind(default * factor)})[0]  # noqa: E731
    else:
        trial = lambda factor: error(selection="fixed", regularisation=found.weight * factor)[0]  # noqa: E731
    return own, *least_of(trial, own)


def least_of(trial: Callable[[float], float], own: float) -> tuple[float, float]:
    """Walk by factors of two from 1 to both sides until the error rises; return the least and its factor."""
    best = (own, 1.0)
    for base in (2.0, 0.5):
        for step in range(1, MOST + 1):
            found = trial(base**step)
            if found >= best[0]:
                break
            best = (found, base**step)
        if best[1] > 1:
            break
    return best
