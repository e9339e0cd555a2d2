"""What an ingest will do: which maps, whose, into which store, and how they are shared out to nodes.

Every map's header and side-car are looked at before the first value is read, so that a map of another grid, space or
unit is told at the beginning and not in the middle of the night. Subjects who are in the store already are left alone.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from nipype.interfaces.base import Directory, File, isdefined

from nipype_qsm.brain_masks import default_mask
from nipype_qsm.errors import ImageError, QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, allowed, read_ids
from nipype_qsm.io import load_volume, read_frame
from nipype_qsm.map_files import KEPT, factor_of, find_maps, require_fit, space_of
from nipype_qsm.map_store import CHUNK, SHARD, UNIT_SIZE, MapStore


class IngestPlanInputSpec(CohortInputSpec):
    """Maps, and the store they go into."""

    maps = traits.List(traits.Str, mandatory=True, desc="folders of results, files, patterns, or tables (eid, path)")
    store = traits.Str(mandatory=True, desc="the store's folder; made where there is none")
    quantity = traits.Enum(*KEPT, usedefault=True, desc="what the maps are of")
    mask = File(exists=True, desc="voxels that are kept, on the maps' grid; the brain of their space if left out")
    declared_unit = traits.Str("", usedefault=True, desc="unit of maps without a side-car, such as ppb")
    space = traits.Str("", usedefault=True, desc="space of maps that declare none, such as MNI152NLin6Asym")
    unit_size = traits.Range(low=1, high=4096, value=UNIT_SIZE, usedefault=True, desc="subjects that one node ingests")
    chunk = traits.Range(low=1, value=CHUNK, usedefault=True, desc="voxels that are read together")
    shard = traits.Range(low=1, value=SHARD, usedefault=True, desc="voxels of one file, a multiple of `chunk`")


class IngestPlanOutputSpec(TraitedSpec):
    """What is to be done."""

    store = Directory(desc="the store")
    numbers = traits.List(traits.Int, desc="units to ingest")
    n_new = traits.Int(desc="subjects to ingest")
    n_known = traits.Int(desc="subjects who are in the store already")


class IngestPlan(Cohort):
    """Share maps out to the units of a store, and make the store where there is none."""

    input_spec, output_spec = IngestPlanInputSpec, IngestPlanOutputSpec
    # The store may have changed since: an earlier result says nothing.
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        inputs = self.inputs
        maps = self._allowed(find_maps(inputs.maps, inputs.quantity, id_column=inputs.id_column, visit=inputs.visit))
        target = Path(inputs.store).absolute()
        store = self._opened(target) if target.exists() else None
        known = set(store.subjects) if store else set()
        new = {subject: path.absolute() for subject, path in maps.items() if subject not in known}
        for path in new.values():
            factor_of(path, inputs.quantity, inputs.declared_unit)
        if store is None:
            store = self._created(target, next(iter(new.values())))
        for path in new.values():
            require_fit(path, store.frame, store.space, said=inputs.space)
        plan = store.plan({subject: str(path) for subject, path in new.items()})
        counts = {"n_new": len(new), "n_known": len(maps) - len(new)}
        # Nipype takes an empty list for a missing one: a unit that is finished stands in, and is left alone.
        numbers = list(plan) or [store.units[-1].number]
        return {"store": str(target), "numbers": numbers, **counts}

    def _allowed(self, maps: dict[str, Path]) -> dict[str, Path]:
        withdrawn = read_ids(self.inputs.withdrawn) if isdefined(self.inputs.withdrawn) else set()
        keep = allowed(pd.Index(list(maps)), withdrawn)
        kept = {subject: path for (subject, path), yes in zip(maps.items(), keep, strict=True) if yes}
        if len(kept) < len(maps):
            left = len(maps) - len(kept)
            warnings.warn(f"Withdrawn participants or ids that are not positive left out: {left}.", stacklevel=2)
        if not kept:
            raise QSMError("Every subject is withdrawn.", remedy="Check the list of withdrawn participants.")
        return kept

    def _opened(self, target: Path) -> MapStore:
        store = MapStore.open(target)
        if store.quantity != self.inputs.quantity:
            raise QSMError(
                f"{target} is a store of {store.quantity}, not of {self.inputs.quantity}.",
                remedy="Give another store, or the right --quantity.",
            )
        if isdefined(self.inputs.mask):
            mask, frame = load_volume(self.inputs.mask, "mask")
            store.frame.require_same(frame, "mask")
            if (mask != store.mask).any():
                raise ImageError(
                    f"The store {target} has another mask than {self.inputs.mask}.",
                    remedy="Leave --mask out when appending, or make a new store.",
                )
        return store

    def _created(self, target: Path, first: Path) -> MapStore:
        inputs, kept = self.inputs, KEPT[self.inputs.quantity]
        space = space_of(first, inputs.space)
        path = Path(inputs.mask) if isdefined(inputs.mask) else default_mask(space, read_frame(first))
        mask, frame = load_volume(path, "mask")
        frame.require_same(read_frame(first), f"map {first.name}")
        warnings.warn(f"The store keeps {int(mask.sum()):,} voxels of {space}: the mask {path}.", stacklevel=2)
        sizes = {name: getattr(inputs, name) for name in ("unit_size", "chunk", "shard")}
        about = {"space": space, "quantity": inputs.quantity, "unit": kept.unit, "scale": kept.scale}
        return MapStore.create(target, mask=mask, affine=frame.affine, **about, **sizes)
