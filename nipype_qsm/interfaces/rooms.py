"""Every room of methods by the name the command line knows it by."""

from __future__ import annotations

from importlib import import_module

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import Methods

ROOMS: dict[str, str] = {
    "reading": "READINGS",
    "coils": "COIL_COMBINATIONS",
    "masks": "MASKS",
    "unwrap": "UNWRAPPERS",
    "fieldmap": "FIELD_MAPPINGS",
    "background": "BACKGROUND_REMOVALS",
    "inversion": "INVERSIONS",
    "reference": "REFERENCES",
    "relaxation": "RELAXATIONS",
    "swi": "SWI_METHODS",
    "separation": "SEPARATIONS",
    "register": "REGISTRATIONS",
    "regions": "REGIONS",
}
"""Room to the name of its registry, in the order of the dataflow: steps from volumes to volumes."""

TABLE_ROOMS: dict[str, str] = {
    "cohort": "COHORT_METHODS",
    "genetics": "GENETICS",
}
"""The same for the rooms after the last volume, whose methods take and give tables."""


def room(name: str) -> Methods:
    """Return the registry of a room."""
    known = {**ROOMS, **TABLE_ROOMS}
    if name not in known:
        raise QSMError(f"There is no step '{name}'.", remedy=f"Choose one of: {', '.join(known)}.")
    return getattr(import_module(f"nipype_qsm.interfaces.{name}"), known[name])
