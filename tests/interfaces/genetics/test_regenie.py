"""regenie's command line; the program is in no registry, so a stand-in answers."""

import pytest

from nipype_qsm.errors import QSMError, RunError
from nipype_qsm.interfaces.genetics import Regenie


def test_the_two_steps_are_told_what_they_need(study, pretend):
    pretend("regenie", "echo 'REGENIE v4.1'")
    common = {"trait_table": study.trait_table, "covariates": [study.covariate_table]}
    one = Regenie(genotypes=study.genotypes, step=1, **common).cmdline
    assert one.startswith(f"regenie --step 1 --bgen {study.genotypes} --ref-first --phenoFile traits.txt --qt")
    assert "--pred" not in one
    two = Regenie(genotypes=study.genotypes, **common).cmdline
    assert "--step 2" in two and "--ignore-pred" in two and "--minINFO 0.3" in two
    assert Regenie.probe() == "4.1"


def test_tables_have_the_heading_it_reads_and_results_are_found(study, tmp_path, pretend):
    pretend("regenie", "echo > regenie_qsm_a.regenie; echo > regenie_t2star_b.regenie")
    made = Regenie(genotypes=study.genotypes, trait_table=study.trait_table).run(cwd=str(tmp_path)).outputs
    assert (tmp_path / "traits.txt").read_text().startswith("FID\tIID\tqsm_a\tt2star_b\n0\t1000\tNA\t")
    assert made.traits_written == ["qsm_a", "t2star_b"]
    assert len(made.associations) == 2


def test_those_excluded_and_not_kept_are_in_no_table(study, tmp_path, pretend):
    pretend("regenie")
    (tmp_path / "withdrawn.txt").write_text("1010\n1011\n")
    (tmp_path / "keep.txt").write_text("".join(f"{number}\n" for number in range(1009, 1020)))
    node = Regenie(
        genotypes=study.genotypes,
        trait_table=study.trait_table,
        covariates=[study.covariate_table],
        exclude=[str(tmp_path / "withdrawn.txt")],
        keep=str(tmp_path / "keep.txt"),
    )
    node.run(cwd=str(tmp_path))
    for name in ("traits.txt", "covariates.txt"):
        lines = (tmp_path / name).read_text().splitlines()[1:]
        assert [line.split("\t")[1] for line in lines] == ["1009", *(str(number) for number in range(1012, 1020))]


def test_lists_that_leave_nobody_are_told(study, tmp_path, pretend):
    pretend("regenie")
    (tmp_path / "keep.txt").write_text("nobody\n")
    node = Regenie(genotypes=study.genotypes, trait_table=study.trait_table, keep=str(tmp_path / "keep.txt"))
    with pytest.raises(QSMError, match="leave nobody in the table of traits"):
        node.run(cwd=str(tmp_path))


def test_step_1_gives_its_predictions(study, tmp_path, pretend):
    pretend("regenie", "echo > regenie_pred.list")
    node = Regenie(genotypes=study.genotypes, trait_table=study.trait_table, step=1)
    assert node.run(cwd=str(tmp_path)).outputs.predictions == str(tmp_path / "regenie_pred.list")


def test_a_failing_program_fails_the_node(study, tmp_path, pretend):
    pretend("regenie", "echo no such file; exit 3")
    with pytest.raises(RunError, match="regenie ended with status 3: no such file"):
        Regenie(genotypes=study.genotypes, trait_table=study.trait_table).run(cwd=str(tmp_path))
