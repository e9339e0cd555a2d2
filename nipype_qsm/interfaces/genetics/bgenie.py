"""BGENIE as a node: the program of the published scans; external and closed, so there is no kernel of this name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import OutputMultiObject

from nipype_qsm.genotypes import open_genotypes
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.genetics.external import ExternalProgram, ScanInputSpec, study_tables
from nipype_qsm.interfaces.genetics.phenotypes import read_phenotypes
from nipype_qsm.interfaces.ports import File

MISSING = "-999"


class BGENIEInputSpec(ScanInputSpec):
    """Options of BGENIE."""

    out_file = traits.Str("bgenie.out", usedefault=True, desc="name of the results; the program appends .gz")


class BGENIEOutputSpec(TraitedSpec):
    """The file of the program."""

    associations = OutputMultiObject(File(exists=True), table="associations", desc="one table of all traits")
    traits_written = traits.List(traits.Str, desc="traits, in the order of the table")


class BGENIE(ExternalProgram):
    """Test every variant against every trait with BGENIE."""

    input_spec, output_spec = BGENIEInputSpec, BGENIEOutputSpec
    _cmd = "bgenie"
    remedy = "It comes from its authors' page, or use engine='linear', which does the same."
    version_arguments = ("--help",)

    def arguments(self) -> list[str]:
        """Return files and tables."""
        inputs = self.inputs
        covariates = ["--covar", "covariates.txt"] if given(inputs.covariates) else []
        parts = ["--bgen", inputs.genotypes, "--pheno", "traits.txt", *covariates, "--pvals"]
        return [*parts, "--thread", str(inputs.num_threads), "--out", inputs.out_file]

    def _run_interface(self, runtime: Any, correct_return_codes: tuple[int, ...] = (0,)) -> Any:
        # The program joins by place: its tables get the order of the genotypes here, and a row of those left out.
        people = open_genotypes(self.inputs.genotypes, given(self.inputs.samples)).people.ids
        for name, table in study_tables(self.inputs).items():
            table.reindex(people).to_csv(Path(runtime.cwd) / name, sep=" ", index=False, na_rep=MISSING)
        return super()._run_interface(runtime, correct_return_codes)

    def _list_outputs(self) -> dict[str, Any]:
        names = [str(name) for name in read_phenotypes(self.inputs.trait_table)]
        return {"associations": [str(Path.cwd() / f"{self.inputs.out_file}.gz")], "traits_written": names}
