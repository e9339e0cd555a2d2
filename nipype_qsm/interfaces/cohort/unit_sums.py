"""Sums of some units of a store, for everyone and for groups: what a template is put together from.

What was summed when the maps were ingested is taken as it is, if exactly the same subjects are asked for; the rest is
read from the store, a shard at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import Directory, File

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort
from nipype_qsm.interfaces.cohort.groups import GroupInputSpec, Groups
from nipype_qsm.io import atomically
from nipype_qsm.kernels.cohort.unit_sums import Sums, add, nothing, unit_sums
from nipype_qsm.map_store import SHARD, MapStore
from nipype_qsm.map_units import Unit


class UnitSumsInputSpec(GroupInputSpec):
    """Units of a store, and groups."""

    store = Directory(exists=True, mandatory=True, desc="the store")
    numbers = traits.List(traits.Int, mandatory=True, desc="the units")


class UnitSumsOutputSpec(TraitedSpec):
    """Sums of these units."""

    sums = File(exists=True, table=True, desc="known, total, squares and n_subjects of each group, .npz")


class UnitSums(Cohort):
    """Add up the maps of some units, for everyone and for groups of a table."""

    input_spec, output_spec = UnitSumsInputSpec, UnitSumsOutputSpec
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        store, groups = MapStore.open(self.inputs.store), Groups.of(self)
        units = {unit.number: unit for unit in store.units}
        gone = [number for number in self.inputs.numbers if number not in units]
        if gone:
            raise QSMError(f"Unit {gone[0]} of {store.path} is not there.", remedy="Run again.")
        totals = {name: nothing(store.n_voxels) for name in groups.names}
        counts = dict.fromkeys(groups.names, 0)
        for number in self.inputs.numbers:
            rows = groups.rows(units[number].subjects)
            counts = {name: counts[name] + rows[name].size for name in counts}
            add_unit(store, units[number], rows, totals)
        path = folder / "sums.npz"
        content = {name: sums._replace(n_subjects=counts[name])._asdict() for name, sums in totals.items()}
        with atomically(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **{f"{name}/{key}": value for name, own in content.items() for key, value in own.items()})
        return {"sums": str(path)}


def add_unit(store: MapStore, unit: Unit, rows: dict[str, np.ndarray], totals: dict[str, Sums]) -> None:
    """Add a unit's subjects to the sums of groups, in place.

    Parameters
    ----------
    store : MapStore
    unit : Unit
    rows : dict of str to int arrays
        Who of the unit is in each group.
    totals : dict of str to Sums
    """
    unknown = []
    for group, own in rows.items():
        saved = store.units_folder.load_sums(unit.number, group, own)
        if saved is not None:
            add(totals[group], saved)
        elif own.size:
            unknown.append(group)
    for first in range(0, store.n_voxels if unknown else 0, SHARD):
        voxels = slice(first, min(first + SHARD, store.n_voxels))
        block = store.read(voxels, [unit])
        for group in unknown:
            add(totals[group], unit_sums(block, rows[group], missing=store.missing), voxels)


def load(path: str | Path, group: str) -> Sums:
    """Return the sums of a group from a node's file.

    Parameters
    ----------
    path : path
    group : str
    """
    with np.load(path) as saved:
        known, total, squares = (saved[f"{group}/{name}"] for name in ("known", "total", "squares"))
        return Sums(known, total, squares, int(saved[f"{group}/n_subjects"]))


def groups_in(path: str | Path) -> list[str]:
    """Return the groups of a node's file, everyone first.

    Parameters
    ----------
    path : path
    """
    with np.load(path) as saved:
        return list(dict.fromkeys(name.rpartition("/")[0] for name in saved.files))
