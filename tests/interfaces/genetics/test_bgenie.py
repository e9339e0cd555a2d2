"""BGENIE's command line and its tables, which are joined by place: the order must be that of the genotypes."""

from nipype_qsm.interfaces.genetics import BGENIE


def test_its_tables_have_the_order_of_the_genotypes(study, tmp_path, pretend, rng):
    pretend("bgenie", "echo > bgenie.out.gz")
    order = rng.permutation(study.n)
    moved = study.write_genotypes("moved_for_bgenie.bgen", range(2), order)
    node = BGENIE(genotypes=moved, trait_table=study.trait_table, covariates=[study.covariate_table])
    assert node.cmdline == (
        f"bgenie --bgen {moved} --pheno traits.txt --covar covariates.txt --pvals --thread 1 --out bgenie.out"
    )
    made = node.run(cwd=str(tmp_path)).outputs
    lines = (tmp_path / "traits.txt").read_text().splitlines()
    assert lines[0] == "qsm_a t2star_b"
    for line, person in zip(lines[1:], order, strict=True):
        first, second = line.split()
        assert float(second) == study.traits["t2star_b"][person]
        assert first == "-999" if person < 9 else float(first) == study.traits["qsm_a"][person]
    assert made.traits_written == ["qsm_a", "t2star_b"]


def test_those_excluded_keep_their_row_and_lose_their_values(study, tmp_path, pretend):
    pretend("bgenie", "echo > bgenie.out.gz")
    (tmp_path / "withdrawn.txt").write_text("1010\n")
    BGENIE(genotypes=study.genotypes, trait_table=study.trait_table, exclude=[str(tmp_path / "withdrawn.txt")]).run(
        cwd=str(tmp_path)
    )
    lines = (tmp_path / "traits.txt").read_text().splitlines()[1:]
    assert len(lines) == study.n
    assert lines[10] == "-999 -999" and lines[11] != "-999 -999"
