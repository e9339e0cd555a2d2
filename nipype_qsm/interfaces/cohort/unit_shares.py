"""The finished units of a store, shared out to nodes: a node for each unit would be many, one for all slow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import Directory

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec
from nipype_qsm.map_store import MapStore


class UnitSharesInputSpec(CohortInputSpec):
    """A store."""

    store = Directory(exists=True, mandatory=True, desc="the store")
    finished = traits.List(traits.Int, desc="units that are ingested first: waits for them")
    units_per_node = traits.Range(low=1, value=8, usedefault=True, desc="units of one node, of 256 subjects each")


class UnitSharesOutputSpec(TraitedSpec):
    """What each node takes."""

    shares = traits.List(traits.List(traits.Int), desc="units of each node")


class UnitShares(Cohort):
    """Share the finished units of a store out to nodes."""

    input_spec, output_spec = UnitSharesInputSpec, UnitSharesOutputSpec
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        numbers = [unit.number for unit in MapStore.open(self.inputs.store).units]
        if not numbers:
            raise QSMError(f"{self.inputs.store} holds no subject.", remedy="Ingest maps: nipype-qsm cohort ingest.")
        size = self.inputs.units_per_node
        return {"shares": [numbers[first : first + size] for first in range(0, len(numbers), size)]}
