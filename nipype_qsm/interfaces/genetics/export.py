"""Associations in the forms of other programs, as a node: GWAS-SSF, LDSC and FUMA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import OutputMultiObject

from nipype_qsm.genotypes.exports import FORMS, export
from nipype_qsm.genotypes.results import Results
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, algorithm, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.ports import Directory, File


class ExportInputSpec(KernelInputSpec):
    """Inputs."""

    algorithm = algorithm("2")
    results = Directory(exists=True, mandatory=True, desc="associations, as `gwas run` wrote them")
    form = traits.Enum(*FORMS, usedefault=True, desc="gwas_ssf (the catalogue's standard), ldsc or fuma")
    columns = traits.List(traits.Str, desc="traits; all, unless given")


class ExportOutputSpec(TraitedSpec):
    """Tables."""

    exported = OutputMultiObject(File(exists=True), table="associations", desc="one gzipped table a trait")


class Export(TableStep):
    """Write associations for the GWAS catalogue, LDSC or FUMA."""

    input_spec, output_spec = ExportInputSpec, ExportOutputSpec

    def _tables(self, folder: Path) -> dict[str, Any]:
        results = Results(self.inputs.results)
        names = [results.require(name) for name in given(self.inputs.columns) or results.traits]
        return {"exported": [str(export(results, name, self.inputs.form, folder)) for name in names]}
