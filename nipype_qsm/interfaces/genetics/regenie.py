"""regenie as a node: whole-genome regression for related people; an external program, so there is no kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import OutputMultiObject

from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.genetics.external import ExternalProgram, ScanInputSpec, write_plink_tables
from nipype_qsm.interfaces.ports import File


class RegenieInputSpec(ScanInputSpec):
    """Options of regenie; traits are quantitative."""

    step = traits.Enum(2, 1, usedefault=True, desc="1 fits the genome, 2 tests variants")
    predictions = File(
        exists=True, table="predictions", desc="list of predictions from step 1; step 2 without ignores them"
    )
    block_size = traits.Range(low=1, value=1000, usedefault=True, desc="variants a block")
    min_mac = traits.Range(low=0.0, value=5.0, usedefault=True, desc="smallest minor allele count")
    min_info = traits.Range(low=0.0, high=1.0, value=0.3, usedefault=True, desc="smallest imputation information")
    out_prefix = traits.Str("regenie", usedefault=True, desc="name that the results begin with")


class RegenieOutputSpec(TraitedSpec):
    """Files of the program."""

    associations = OutputMultiObject(File(exists=True), table="associations", desc="one table a trait, of step 2")
    predictions = File(exists=True, table="predictions", desc="list of predictions, of step 1")
    traits_written = traits.List(traits.Str, desc="traits, in the order of the tables")


class Regenie(ExternalProgram):
    """Test every variant against every trait with regenie."""

    input_spec, output_spec = RegenieInputSpec, RegenieOutputSpec
    _cmd = "regenie"
    remedy = "Install it from its authors or conda, or use engine='linear' on unrelated people."

    def arguments(self) -> list[str]:
        """Return files, tables and options."""
        inputs = self.inputs
        path = Path(inputs.genotypes)
        bgen = path.suffix == ".bgen"
        kind = ["--bgen", str(path), "--ref-first"] if bgen else [f"--{path.suffix[1:]}", str(path.with_suffix(""))]
        parts = ["--step", str(inputs.step), *kind, "--phenoFile", "traits.txt", "--qt"]
        parts += ["--sample", inputs.samples] if bgen and given(inputs.samples) else []
        parts += ["--covarFile", "covariates.txt"] if given(inputs.covariates) else []
        parts += ["--keep", inputs.keep] if given(inputs.keep) else []
        if inputs.step == 2:
            parts += ["--pred", inputs.predictions] if given(inputs.predictions) else ["--ignore-pred"]
            parts += ["--minMAC", f"{inputs.min_mac:g}", "--minINFO", f"{inputs.min_info:g}"]
        return [
            *parts,
            "--bsize",
            str(inputs.block_size),
            "--threads",
            str(inputs.num_threads),
            "--out",
            inputs.out_prefix,
        ]

    def _run_interface(self, runtime: Any, correct_return_codes: tuple[int, ...] = (0,)) -> Any:
        write_plink_tables(self.inputs, Path(runtime.cwd), family="FID")
        return super()._run_interface(runtime, correct_return_codes)

    def _list_outputs(self) -> dict[str, Any]:
        prefix = self.inputs.out_prefix
        if self.inputs.step == 1:
            return {"predictions": str(Path.cwd() / f"{prefix}_pred.list")}
        paths = sorted(Path.cwd().glob(f"{prefix}_*.regenie*"))
        names = [path.name.split(".regenie")[0][len(prefix) + 1 :] for path in paths]
        return {"associations": [str(path) for path in paths], "traits_written": names}
