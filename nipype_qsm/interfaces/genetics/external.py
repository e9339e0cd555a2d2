"""What the wrapped programs share: is it there, in which version, and tables in the form they read."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from nipype.interfaces.base import CommandLine, CommandLineInputSpec, InputMultiObject

from nipype_qsm.errors import RunError, ToolMissing
from nipype_qsm.interfaces.base import Keyed, algorithm, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.genetics.phenotypes import read_phenotypes
from nipype_qsm.interfaces.ports import File


class ScanInputSpec(CommandLineInputSpec):
    """Files of a scan by another program."""

    num_threads = traits.Int(1, usedefault=True, nohash=True, desc="threads; kept in step with the node's n_procs")
    algorithm = algorithm("1")
    genotypes = File(exists=True, mandatory=True, table="genotypes", desc=".bgen, .bed or .pgen")
    samples = File(exists=True, table="people", desc="sample file, where the genotypes need one")
    trait_table = File(exists=True, mandatory=True, table="traits", desc="a column of ids, and one a trait")
    covariates = InputMultiObject(File(exists=True), table="covariates", desc="a column of ids, and one a covariate")
    keep = File(exists=True, table="ids", desc="only these people, one id a line")


class ExternalProgram(Keyed, CommandLine):
    """A command line whose program is looked for when the interface is made, which is when a graph is built."""

    remedy: ClassVar[str] = ""
    version_arguments: ClassVar[tuple[str, ...]] = ("--version",)
    version_pattern: ClassVar[str] = r"v?(\d+\.\d[\w.]*)"

    def __init__(self, **inputs: Any) -> None:
        if shutil.which(self._cmd) is None:
            raise ToolMissing(f"The program {self._cmd} is not on the PATH.", remedy=self.remedy)
        super().__init__(**inputs)

    @classmethod
    def probe(cls) -> str:
        """Return what the program says its version is; empty where it does not say."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [cls._cmd, *cls.version_arguments], capture_output=True, text=True, check=False, cwd=folder
            )
        found = re.search(cls.version_pattern, done.stdout + done.stderr)
        return found[1] if found else ""

    def _run_interface(self, runtime: Any, correct_return_codes: tuple[int, ...] = (0,)) -> Any:
        runtime = super()._run_interface(runtime, correct_return_codes)
        if runtime.returncode not in correct_return_codes:
            said = [line for line in f"{runtime.stdout}\n{runtime.stderr}".splitlines() if line.strip()]
            raise RunError(
                f"{self._cmd} ended with status {runtime.returncode}: {said[-1] if said else 'it said nothing'}.",
                remedy="Its own log says more.",
            )
        return runtime

    @property
    def version(self) -> str:
        """The version, which Nipype puts into its records."""
        return self.probe()


def write_plink_tables(inputs: Any, folder: Path) -> list[str]:
    """Write traits and covariates with FID and IID, as plink2 and regenie read them; return the traits' names.

    Parameters
    ----------
    inputs : ScanInputSpec
    folder : Path
        Gets `traits.txt` and, where there are any, `covariates.txt`.
    """
    table = read_phenotypes(inputs.trait_table)
    _written(table, folder / "traits.txt")
    others = [read_phenotypes(path) for path in given(inputs.covariates) or []]
    if others:
        _written(others[0].join(others[1:], how="inner") if others[1:] else others[0], folder / "covariates.txt")
    return [str(name) for name in table]


def _written(table: Any, path: Path) -> None:
    table = table.copy()
    table.insert(0, "IID", table.index)
    table.insert(0, "#FID", 0)
    table.to_csv(path, sep="\t", index=False, na_rep="NA")
