"""What the wrapped programs share: is it there, in which version, and tables in the form they read."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from nipype.interfaces.base import CommandLine, CommandLineInputSpec, InputMultiObject

from nipype_qsm.errors import QSMError, RunError, ToolMissing
from nipype_qsm.genotypes.cohorts import withdrawn
from nipype_qsm.genotypes.people import read_ids
from nipype_qsm.interfaces.base import Keyed, algorithm, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.genetics.phenotypes import read_phenotypes
from nipype_qsm.interfaces.ports import File


class ScanInputSpec(CommandLineInputSpec):
    """Files of a scan by another program."""

    num_threads = traits.Int(1, usedefault=True, nohash=True, desc="threads; kept in step with the node's n_procs")
    algorithm = algorithm("2")
    genotypes = File(exists=True, mandatory=True, table="genotypes", desc=".bgen, .bed or .pgen")
    samples = File(exists=True, table="people", desc="sample file, where the genotypes need one")
    trait_table = File(exists=True, mandatory=True, table="traits", desc="a column of ids, and one a trait")
    covariates = InputMultiObject(File(exists=True), table="covariates", desc="a column of ids, and one a covariate")
    keep = File(exists=True, table="ids", desc="only these people, one id a line")
    exclude = InputMultiObject(File(exists=True), table="ids", desc="people to leave out: withdrawn, related, ancestry")


class ExternalProgram(Keyed, CommandLine):
    """A command line whose program is looked for when the interface is made, which is when a graph is built."""

    remedy: ClassVar[str] = ""
    version_arguments: ClassVar[tuple[str, ...]] = ("--version",)
    version_pattern: ClassVar[str] = r"v?(\d+\.\d[\w.]*)"

    def __init__(self, **inputs: Any) -> None:
        if shutil.which(self._cmd) is None:
            raise ToolMissing(f"The program {self._cmd} is not on the PATH.", remedy=self.remedy)
        super().__init__(**inputs)

    def arguments(self) -> list[str]:
        """Return the words behind the program's name."""
        raise NotImplementedError

    @property
    def cmdline(self) -> str:
        """The command: Nipype hands it to a shell, so every word is quoted that needs it."""
        return shlex.join([self._cmd, *self.arguments()])

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


def study_tables(inputs: Any) -> dict[str, Any]:
    """Return the tables of a scan under the names of their files: `traits.txt` and, if there are any, `covariates.txt`.

    Nobody is in them who withdrew, is excluded, or is not on the list to keep.
    """
    covariates = [read_phenotypes(path) for path in given(inputs.covariates) or []]
    tables = {"traits.txt": read_phenotypes(inputs.trait_table)}
    if covariates:
        tables["covariates.txt"] = covariates[0].join(covariates[1:], how="inner")
    excluded = {one for path in given(inputs.exclude) or [] for one in read_ids(path)}
    kept = set(read_ids(inputs.keep)) if given(inputs.keep) else None
    for name, table in tables.items():
        allowed = [one not in excluded and not withdrawn(one) and (kept is None or one in kept) for one in table.index]
        if not any(allowed):
            raise QSMError(f"The lists of people leave nobody in the table of {name[:-4]}.", remedy="Check their ids.")
        tables[name] = table[allowed]
    return tables


def write_plink_tables(inputs: Any, folder: Path, family: str = "#FID") -> None:
    """Write traits and covariates with FID and IID, as plink2 and regenie read them.

    Parameters
    ----------
    inputs : ScanInputSpec
    folder : Path
    family : str
        Heading of the first column.
    """
    for name, table in study_tables(inputs).items():
        table.insert(0, "IID", table.index)
        table.insert(0, family, 0)
        table.to_csv(folder / name, sep="\t", index=False, na_rep="NA")
