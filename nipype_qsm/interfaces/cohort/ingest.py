"""One unit of subjects into the store: maps are read one by one, rounded to steps, and written as whole shards.

The unit is in memory once, as 16-bit numbers; its sums, and those of groups of subjects, are taken while it is there.
A unit that is finished is left alone, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import Directory

from nipype_qsm.errors import ImageError, QSMError, UnitsError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort
from nipype_qsm.interfaces.cohort.groups import EVERYONE, GroupInputSpec, Groups
from nipype_qsm.io import read_stored
from nipype_qsm.kernels.cohort.quantise import Steps, quantise
from nipype_qsm.kernels.cohort.unit_sums import unit_sums
from nipype_qsm.map_files import FACTORS, factor_of, require_fit
from nipype_qsm.map_store import MapStore
from nipype_qsm.quantities import VOCABULARY

FEWEST_STEPS = 20
"""A map whose values span fewer steps of the store would be lost in rounding."""


class IngestInputSpec(GroupInputSpec):
    """A unit of a store."""

    store = Directory(exists=True, mandatory=True, desc="the store")
    number = traits.Int(mandatory=True, desc="the unit, as planned")
    declared_unit = traits.Str("", usedefault=True, desc="unit of maps without a side-car, such as ppb")
    space = traits.Str("", usedefault=True, desc="space of maps that declare none")
    keep_zeros = traits.Bool(False, usedefault=True, desc="a value of exactly 0 is one; by default it is missing")


class IngestOutputSpec(TraitedSpec):
    """What is in the store now."""

    finished = traits.Int(desc="the unit")
    n_subjects = traits.Int(desc="its subjects")


class Ingest(Cohort):
    """Write the maps of one unit of subjects into a store."""

    input_spec, output_spec = IngestInputSpec, IngestOutputSpec
    # The store says whether the unit is there, not an earlier run of the node.
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        number, store = self.inputs.number, MapStore.open(self.inputs.store)
        done = next((unit for unit in store.units if unit.number == number), None)
        if done is not None:
            return {"finished": number, "n_subjects": len(done.subjects)}
        plan = store.units_folder.planned().get(number)
        if plan is None:
            raise QSMError(f"Unit {number} of {store.path} is not planned.", remedy="Plan the ingest first.")
        subjects = list(plan)
        block = np.empty((len(subjects), store.n_voxels), np.int16)
        beyond = {}
        for row, (subject, path) in enumerate(plan.items()):
            steps = self._steps(Path(path), store)
            block[row] = steps.values
            if steps.n_beyond:
                beyond[subject] = steps.n_beyond
        if beyond:
            largest = f"{32767 * store.scale:g} {store.unit}"
            told = f"{sum(beyond.values())} voxels of {len(beyond)} maps are beyond {largest}: missing"
            warnings.warn(f"Unit {number}: {told}.", stacklevel=2)
        store.write(number, subjects, block, {"beyond": beyond})
        for group, rows in Groups.of(self).rows(subjects).items():
            if group != EVERYONE:
                store.units_folder.save_sums(number, unit_sums(block, rows), group, rows)
        return {"finished": number, "n_subjects": len(subjects)}

    def _steps(self, path: Path, store: MapStore) -> Steps:
        require_fit(path, store.frame, store.space, said=self.inputs.space)
        factor = factor_of(path, store.quantity, self.inputs.declared_unit) / store.scale
        stored, slope, intercept = read_stored(path)
        zero = not self.inputs.keep_zeros
        scaling = {"slope": slope * factor, "intercept": intercept * factor}
        steps = quantise(stored, store.index, **scaling, zero_is_missing=zero, missing=store.missing)
        _require_plausible(path, steps, store)
        return steps


def _require_plausible(path: Path, steps: Steps, store: MapStore) -> None:
    if steps.n_missing == store.n_voxels:
        raise ImageError(f"{path} has no value inside the store's mask.", remedy="Leave it out, or make it again.")
    own = VOCABULARY[store.quantity]
    low, high = (end * store.scale for end in (steps.low, steps.high))
    least, most = (end * FACTORS[own.unit, store.unit] for end in own.plausible or (-np.inf, np.inf))
    told = f"{path} runs from {low:g} to {high:g} {store.unit}"
    if low < least or high > most:
        raise UnitsError(f"{told}; {own.name} lies within {least:g} to {most:g}.", remedy="Check its unit.")
    if steps.high - steps.low < FEWEST_STEPS:
        raise UnitsError(f"{told}, less than {FEWEST_STEPS} steps of the store.", remedy="Check its unit.")
