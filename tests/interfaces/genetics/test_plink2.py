"""Our scan against the real plink2: t, N, allele; hard calls and dosages, gaps and covariates. And its command line."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.errors import QSMError, ToolMissing
from nipype_qsm.interfaces.genetics import Collect, LinearGWAS, Plink2

real = pytest.mark.skipif(shutil.which("plink2") is None, reason="plink2 is not installed (Debian: plink2)")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Genotypes that plink2 itself made, in its forms, and tables with gaps."""
    folder, rng = tmp_path_factory.mktemp("plink"), np.random.default_rng(3)

    def plink(*arguments):
        subprocess.run(["plink2", "--threads", "1", *arguments], cwd=folder, check=True, capture_output=True)

    plink("--dummy", "600", "60", "0.02", "dosage-freq=0.6", "--seed", "1", "--out", "made")
    plink("--pfile", "made", "--make-bed", "--out", "made")
    plink("--pfile", "made", "--export", "bgen-1.2", "bits=8", "ref-first", "--out", "made")
    ids = [line.split()[0] for line in (folder / "made.psam").read_text().splitlines()[1:]]
    values, covariates = rng.normal(size=(600, 3)) + 2, rng.normal(size=(600, 3))
    values += covariates @ rng.normal(size=(3, 3))
    values[rng.random(600) < 0.1, 1] = np.nan
    values[rng.random(600) < 0.7, 2] = np.nan
    for name, table, columns in (("traits", values, "abc"), ("covariates", covariates, "xyz")):
        frame = pd.DataFrame(table, columns=list(columns))
        frame.insert(0, "IID", ids)
        frame.to_csv(folder / f"{name}.tsv", sep="\t", index=False, na_rep="NA")
    return folder


@real
@pytest.mark.parametrize("kind", ["bed", "pgen", "bgen"])
@pytest.mark.parametrize("adjusted", [True, False])
def test_the_scan_agrees_with_plink2(files, tmp_path, kind, adjusted):
    common = {"trait_table": str(files / "traits.tsv")}
    if adjusted:
        common["covariates"] = [str(files / "covariates.tsv")]
    samples = str(files / "made.sample")
    theirs = Plink2(genotypes=str(files / f"made.{kind}"), min_maf=0.0, **common)
    if kind == "bgen":
        theirs.inputs.samples = samples
    theirs = theirs.run(cwd=str(tmp_path)).outputs
    found = Collect(associations=theirs.associations, traits_written=theirs.traits_written, program="plink2")
    found.run(cwd=str(tmp_path))
    limits = {"min_maf": 0.0, "min_info": 0.0, "min_hwe": 0.0, "max_missing": 1.0}
    mine = LinearGWAS(genotypes=[str(files / f"made.{kind}")], folder=str(tmp_path / "mine"), **limits, **common)
    if kind == "bgen":
        mine.inputs.samples = [samples]
    mine.run(cwd=str(tmp_path))
    a, b = (pd.read_parquet(tmp_path / name / "chr1.parquet") for name in ("mine", "gwas"))
    assert a.id.tolist() == b.id.tolist()
    assert a.effect_allele.tolist() == b.effect_allele.tolist()
    for trait in "abc":
        t = [(one[f"beta_{trait}"] / one[f"se_{trait}"]).to_numpy() for one in (a, b)]
        # Measured: 7e-6 for hard calls and .pgen; 8e-5 for BGEN, whose dosages plink2 rounds to 1/16384.
        assert np.abs(t[0] - t[1]).max() < 1e-4
        assert a[f"n_{trait}"].tolist() == b[f"n_{trait}"].tolist()
        assert a[f"mlog10p_{trait}"].to_numpy() == pytest.approx(b[f"mlog10p_{trait}"].to_numpy(), abs=2e-4)


@real
def test_the_version_is_probed():
    assert Plink2.probe().startswith("2.")


def test_the_command_names_files_and_alleles(study, tmp_path, pretend):
    pretend("plink2", "echo 'PLINK v2.00a3.5LM 64-bit'")
    node = Plink2(genotypes=study.genotypes, trait_table=study.trait_table, covariates=[study.covariate_table])
    assert node.cmdline.startswith(
        f"plink2 --bgen {study.genotypes} ref-first --pheno traits.txt --covar covariates.txt"
    )
    assert "--glm omit-ref hide-covar log10" in node.cmdline
    node.inputs.residualise = True
    with pytest.raises(QSMError, match=r"2.00a3.5LM cannot take covariates out of traits first"):
        node.run(cwd=str(tmp_path))


def test_a_missing_program_is_told_when_the_interface_is_made(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ToolMissing, match=r"plink2 is not on the PATH.*engine='linear'"):
        Plink2()
