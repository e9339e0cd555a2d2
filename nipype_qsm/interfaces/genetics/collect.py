"""Another program's associations as this package's tables, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import InputMultiObject

from nipype_qsm.genotypes.foreign import collect
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, traits
from nipype_qsm.interfaces.ports import Directory, File


class CollectInputSpec(KernelInputSpec):
    """Inputs."""

    associations = InputMultiObject(
        File(exists=True), mandatory=True, table="associations", desc="one table a trait, or one of all"
    )
    traits_written = traits.List(traits.Str, mandatory=True, desc="traits, in the order of the tables")
    program = traits.Str("another program", usedefault=True, desc="who made them")


class CollectOutputSpec(TraitedSpec):
    """A folder."""

    results = Directory(desc="associations, as `gwas run` writes them")
    n_variants = traits.Int(desc="variants")


class Collect(TableStep):
    """Read associations of plink2, regenie or BGENIE into this package's tables."""

    input_spec, output_spec = CollectInputSpec, CollectOutputSpec

    def _tables(self, folder: Path) -> dict[str, Any]:
        inputs = self.inputs
        n = collect(inputs.associations, inputs.traits_written, folder / "gwas", inputs.program)
        return {"results": str(folder / "gwas"), "n_variants": n}
