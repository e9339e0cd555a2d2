"""What the steps after a scan share: tables in, tables out, and the genetic map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import BaseInterfaceInputSpec, InputMultiObject, isdefined

from nipype_qsm.genotypes.genetic_maps import read_genetic_map
from nipype_qsm.interfaces.base import SimpleStep, algorithm, threads, traits
from nipype_qsm.interfaces.ports import File
from nipype_qsm.kernels.genetics.genetic_map import GeneticMap


class TableInputSpec(BaseInterfaceInputSpec):
    """Inputs of every step on tables."""

    num_threads = traits.Int(1, usedefault=True, nohash=True, desc="threads; kept in step with the node's n_procs")
    algorithm = algorithm("1")


class MapInputSpec(TableInputSpec):
    """Inputs of the steps that measure distance on the genetic map."""

    genetic_map = InputMultiObject(
        traits.Str, table="genetic map", desc="genetic maps: files, folders or an archive, with pos, chr and cM"
    )
    cm_per_mb = traits.Range(
        low=0.0, value=0.0, usedefault=True, desc="centimorgans per million bases where there is no map; 0 refuses"
    )
    build = traits.Enum(37, 38, usedefault=True, desc="build of the genome of results and map")
    radius = traits.Range(low=0.0, value=0.25, usedefault=True, desc="reach of a lead [cM]")

    def read_map(self) -> GeneticMap:
        """Return the genetic map."""
        return read_genetic_map(self.genetic_map if isdefined(self.genetic_map) else [], self.cm_per_mb)


class TableStep(SimpleStep):
    """A step from tables to tables, in the node's folder."""

    def _run_interface(self, runtime: Any) -> Any:
        with threads(self.inputs.num_threads):
            self._results = self._tables(Path(runtime.cwd))
        return runtime

    def _tables(self, folder: Path) -> dict[str, Any]:
        raise NotImplementedError


def given(value: Any) -> Any:
    """Return an input, or None where it was not given."""
    return value if isdefined(value) and value not in ("", []) else None


__all__ = ["File", "GeneticMap", "MapInputSpec", "TableInputSpec", "TableStep", "given"]
