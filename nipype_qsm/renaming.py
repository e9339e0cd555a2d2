"""A result under another convention's name and in its unit: UK Biobank's tree, or BIDS derivatives.

The pipeline delivers volumes by the names and units of the vocabulary. A convention is a table from those names to its
own; the numbers are converted here, by `units.py`, and the side-car says the new unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nipype_qsm.errors import UnitsError
from nipype_qsm.io import (
    checked_values,
    read_array,
    read_frame,
    read_sidecar,
    save_volume,
    sidecar_path,
    write_json,
)
from nipype_qsm.quantities import VOCABULARY, Quantity
from nipype_qsm.units import (
    milliseconds_to_seconds,
    per_second_to_per_millisecond,
    ppb_to_ppm,
    ppm_to_hertz,
    ppm_to_ppb,
    seconds_to_milliseconds,
)

TABLES = ("idps", "regions", "confounds", "qc")
"""What is delivered beside the volumes, by the names of its files."""


class Renamed(NamedTuple):
    """One volume that leaves the pipeline: what it is, the stem of the delivered file, and the unit it gets."""

    quantity: str
    stem: str
    unit: str


def renamed(
    folder: Path,
    what: Renamed,
    target: Path,
    facts: Mapping[str, object],
    *,
    field_strength: float | None = None,
) -> Path | None:
    """Write a delivered volume under another name, in another unit; None where there is none.

    Parameters
    ----------
    folder : Path
        Of the delivered volumes.
    what : Renamed
    target : Path
    facts : mapping
        Added to the side-car.
    field_strength : float, T, optional
        For a field in Hz.
    """
    source = folder / f"{what.stem}.nii.gz"
    if not source.is_file():
        return None
    own = VOCABULARY[what.quantity]
    values = read_array(source)
    if what.unit not in ("", own.unit):
        values = _in_unit(values, own.unit, what.unit, field_strength)
    quantity = Quantity(own.name, what.unit or own.unit, own.meaning, mask=own.mask)
    save_volume(values, read_frame(source), target, quantity)
    write_json({**read_sidecar(source), "Units": quantity.unit or "1", **facts}, sidecar_path(target))
    return target


def _in_unit(values: np.ndarray, old: str, new: str, field_strength: float | None) -> np.ndarray:
    if (old, new) == ("ppm", "Hz") and field_strength is not None:
        return ppm_to_hertz(values, field_strength)
    known = {
        ("ppm", "ppb"): ppm_to_ppb,
        ("s", "ms"): seconds_to_milliseconds,
        ("1/s", "1/ms"): per_second_to_per_millisecond,
        ("ppb", "ppm"): ppb_to_ppm,
        ("ms", "s"): milliseconds_to_seconds,
    }
    if (old, new) not in known:
        raise UnitsError(f"{old} cannot be converted into {new}.", remedy="Give the field strength for Hz.")
    return known[old, new](values)


def as_ours(source: Path, unit: str, quantity: str, target: Path) -> Path:
    """Write another convention's volume in our unit, by the unit that its convention declares, never by its size.

    Parameters
    ----------
    source : Path
    unit : str
        Of the convention.
    quantity : str
        Name in the vocabulary.
    target : Path
    """
    own = VOCABULARY[quantity]
    values = read_array(source)
    if unit != own.unit:
        values = _in_unit(values, unit, own.unit, None)
    checked_values(values, own, f"{quantity} ({source}, taken as {unit})")
    return save_volume(values, read_frame(source), target, own)
