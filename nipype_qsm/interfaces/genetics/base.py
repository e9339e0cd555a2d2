"""What the steps on a scan share: the genetic map, and inputs that may be left out."""

from __future__ import annotations

from typing import Any

from nipype.interfaces.base import InputMultiObject, isdefined

from nipype_qsm.genotypes.genetic_maps import read_genetic_map
from nipype_qsm.interfaces.base import KernelInputSpec, traits
from nipype_qsm.kernels.genetics.genetic_map import GeneticMap


class MapInputSpec(KernelInputSpec):
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


def given(value: Any) -> Any:
    """Return an input, or None where it was not given."""
    return value if isdefined(value) and value not in ("", []) else None
