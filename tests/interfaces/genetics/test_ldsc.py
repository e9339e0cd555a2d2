"""The LDSC program's command line, and the two numbers in its log."""

from nipype_qsm.interfaces.genetics import LDSC


def test_heritability_is_read_from_the_log(tmp_path, pretend):
    pretend("ldsc.py", "echo 'Total Observed scale h2: 0.3425 (0.0082)' > ldsc.log")
    node = LDSC(sumstats=["a.sumstats.gz"], ld_scores=str(tmp_path))
    assert node.cmdline == f"ldsc.py --h2 a.sumstats.gz --ref-ld-chr {tmp_path}/ --w-ld-chr {tmp_path}/ --out ldsc"
    made = node.run(cwd=str(tmp_path)).outputs
    assert (made.h2, made.h2_se) == (0.3425, 0.0082)


def test_two_files_ask_for_their_genetic_correlation(tmp_path, pretend):
    pretend("ldsc.py")
    assert "--rg a,b" in LDSC(sumstats=["a", "b"], ld_scores=str(tmp_path)).cmdline
