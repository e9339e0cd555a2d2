"""One small study, and its scan, for all tests of this room."""

import pytest
from gwas_study import Study

from nipype_qsm.interfaces.genetics import LinearGWAS


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def scanned(study):
    """The folder of a scan in two cohorts."""
    folder = study.folder / "gwas"
    LinearGWAS(
        genotypes=[study.genotypes],
        trait_table=study.trait_table,
        covariates=[study.covariate_table],
        discovery=study.discovery,
        replication=study.replication,
        folder=str(folder),
    ).run(cwd=str(study.folder))
    return folder


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Put a program of a name on the PATH, which runs a line of shell."""

    def make(name, line="exit 0"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return make
