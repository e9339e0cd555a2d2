"""PLINK 2's association as a node: an external program, so there is no kernel of this name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import OutputMultiObject

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.genetics.external import ExternalProgram, ScanInputSpec, write_plink_tables
from nipype_qsm.interfaces.ports import File


class Plink2InputSpec(ScanInputSpec):
    """Options of `plink2 --glm`."""

    min_maf = traits.Range(low=0.0, high=0.5, value=0.01, usedefault=True, desc="smallest minor allele frequency")
    residualise = traits.Bool(False, usedefault=True, desc="take covariates out of traits first (newer versions only)")
    out_prefix = traits.Str("plink2", usedefault=True, desc="name that the results begin with")


class Plink2OutputSpec(TraitedSpec):
    """Files of the program."""

    associations = OutputMultiObject(File(exists=True), table="associations", desc="one table a trait")
    traits_written = traits.List(traits.Str, desc="traits, in the order of the tables")


class Plink2(ExternalProgram):
    """Test every variant against every trait with plink2 --glm."""

    input_spec, output_spec = Plink2InputSpec, Plink2OutputSpec
    _cmd = "plink2"
    remedy = "Install it (Debian: apt-get install plink2), or use engine='linear', which needs nothing else."
    version_pattern = r"PLINK v(\S+)"

    def arguments(self) -> list[str]:
        """Return files, tables and options."""
        inputs = self.inputs
        glm = ["--glm", "omit-ref", "hide-covar", "log10", "cols=chrom,pos,ref,alt,a1freq,nobs,beta,se,p"]
        if given(inputs.covariates):
            glm[1:1] = ["qt-residualize"] if inputs.residualise else []
            glm = ["--covar", "covariates.txt", "--covar-variance-standardize", *glm]
        else:
            glm.insert(1, "allow-no-covars")
        keep = ["--keep", inputs.keep] if given(inputs.keep) else []
        parts = [*genotype_arguments(inputs), "--pheno", "traits.txt", *glm, "--maf", f"{inputs.min_maf:g}"]
        return [*parts, *keep, "--threads", str(inputs.num_threads), "--out", inputs.out_prefix]

    def _run_interface(self, runtime: Any, correct_return_codes: tuple[int, ...] = (0,)) -> Any:
        if self.inputs.residualise and self.probe().startswith(("1.", "2.00a1", "2.00a2", "2.00a3")):
            raise QSMError(
                f"plink2 {self.probe()} cannot take covariates out of traits first.",
                remedy="Leave residualise off, or install a newer plink2.",
            )
        write_plink_tables(self.inputs, Path(runtime.cwd))
        return super()._run_interface(runtime, correct_return_codes)

    def _list_outputs(self) -> dict[str, Any]:
        prefix = self.inputs.out_prefix
        paths = sorted(Path.cwd().glob(f"{prefix}.*.glm.linear"))
        names = [path.name[len(prefix) + 1 : -len(".glm.linear")] for path in paths]
        return {"associations": [str(path) for path in paths], "traits_written": names}


def genotype_arguments(inputs: Any) -> list[str]:
    """Return how plink2 is told of a genotype file."""
    path = Path(inputs.genotypes)
    if path.suffix == ".bgen":
        return ["--bgen", str(path), "ref-first", *(["--sample", inputs.samples] if given(inputs.samples) else [])]
    variants, people = ("bim", "fam") if path.suffix == ".bed" else ("pvar", "psam")
    listed = given(inputs.samples) or str(path.with_suffix(f".{people}"))
    return [
        f"--{path.suffix[1:]}",
        str(path),
        f"--{variants}",
        str(path.with_suffix(f".{variants}")),
        f"--{people}",
        listed,
    ]
