"""The scan as a node: people, cohorts, files, quality; every trap of a join."""

import json

import numpy as np
import pandas as pd
import pytest
from gwas_study import PLANTED, Study

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.genetics import LinearGWAS
from oracles import regression

COLUMNS = ["chrom", "pos", "id", "effect_allele", "other_allele", "af", "info", "n"]


def scan(study, out, **options):
    options = {"genotypes": [study.genotypes], "trait_table": study.trait_table} | options
    return LinearGWAS(folder=str(out), **options).run(cwd=str(study.folder)).outputs


def read(folder):
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("chr*.parquet"))])


def test_the_tables_hold_an_exact_regression_of_each_trait(study, tmp_path):
    found = scan(study, tmp_path / "out", covariates=[study.covariate_table])
    table = read(tmp_path / "out")
    assert list(table)[:8] == COLUMNS
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        "chr21.parquet",
        "chr22.parquet",
        "gwas.json",
    ]
    assert found.n_variants == len(table) == 24
    assert set(table.effect_allele) == {"G"}
    assert table.af.to_numpy() == pytest.approx(study.counts.mean(axis=1) / 2, abs=1e-6)
    for trait, values in study.traits.items():
        expected = np.array([regression(count, values, study.covariates) for count in study.counts])
        t = table[f"beta_{trait}"] / table[f"se_{trait}"]
        assert t.to_numpy() == pytest.approx(expected[:, 0] / expected[:, 1], abs=5e-5)
        assert table[f"n_{trait}"].tolist() == expected[:, 2].tolist()


def test_discovery_and_replication_come_from_one_pass_and_find_the_planted_loci(study, scanned):
    discovery, replication = read(scanned / "discovery"), read(scanned / "replication")
    assert set(discovery.n) == {160} and set(replication.n) == {80}
    for trait, (row, effect) in PLANTED.items():
        best = discovery.iloc[discovery[f"mlog10p_{trait}"].to_numpy().argmax()]
        again = replication[replication.id == best.id].iloc[0]
        assert best.id == f"rs{row}"
        assert np.sign(best[f"beta_{trait}"]) == np.sign(again[f"beta_{trait}"]) == np.sign(effect)
        assert again[f"mlog10p_{trait}"] > 1.31
        alone = regression(study.counts[row][160:], study.traits[trait][160:], study.covariates[160:])
        assert again[f"beta_{trait}"] == pytest.approx(alone[0], rel=1e-5)
        assert again.af == pytest.approx(study.counts[row][160:].mean() / 2, abs=1e-6)


def test_combined_is_the_scan_of_all(study, tmp_path):
    lists = {"discovery": study.discovery, "replication": study.replication}
    scan(study, tmp_path / "three", combined=True, **lists)
    scan(study, tmp_path / "one")
    one, all_ = read(tmp_path / "one"), read(tmp_path / "three" / "combined")
    assert all_.beta_qsm_a.to_numpy() == pytest.approx(one.beta_qsm_a.to_numpy(), rel=1e-5)


def test_the_order_of_people_in_any_file_does_not_matter(study, tmp_path, rng):
    order = rng.permutation(study.n)
    moved = study.write_genotypes("moved.bgen", range(24), order)
    scan(study, tmp_path / "a")
    scan(study, tmp_path / "b", genotypes=[moved])
    a, b = read(tmp_path / "a"), read(tmp_path / "b")
    assert b.beta_qsm_a.to_numpy() == pytest.approx(a.beta_qsm_a.to_numpy(), rel=1e-4)


def test_swapped_alleles_change_the_sign_and_the_name(study, tmp_path):
    flipped = study.write_genotypes("flipped.bgen", range(24), flipped=True)
    scan(study, tmp_path / "a")
    scan(study, tmp_path / "b", genotypes=[flipped])
    a, b = read(tmp_path / "a"), read(tmp_path / "b")
    assert set(b.effect_allele) == {"A"}
    assert b.beta_qsm_a.to_numpy() == pytest.approx(-a.beta_qsm_a.to_numpy(), rel=1e-4)
    assert b.mlog10p_qsm_a.to_numpy() == pytest.approx(a.mlog10p_qsm_a.to_numpy(), abs=1e-4)


def test_two_files_may_order_people_differently(study, tmp_path, rng):
    files = [
        study.write_genotypes("21.bgen", range(12)),
        study.write_genotypes("22.bgen", range(12, 24), rng.permutation(study.n)),
    ]
    scan(study, tmp_path / "a")
    scan(study, tmp_path / "b", genotypes=files)
    assert read(tmp_path / "b").beta_qsm_a.to_numpy() == pytest.approx(
        read(tmp_path / "a").beta_qsm_a.to_numpy(), rel=1e-4
    )


def test_who_withdrew_or_is_excluded_is_left_out_and_counted(tmp_path):
    study = Study(tmp_path / "s")
    study.ids[0] = "-7"
    bgen = study.write_genotypes("negative.bgen", range(3))
    out = study.write_ids("out.txt", study.ids[1:4])
    table = study.write_table("negative.tsv", study.traits)
    found = scan(study, tmp_path / "out", genotypes=[bgen], trait_table=table, exclude=[out])
    assert found.n_people["withdrawn (ids that are not positive)"] == 1
    assert found.n_people["excluded by list"] == 3
    assert read(tmp_path / "out").n.tolist() == [236] * 3
    assert json.loads((tmp_path / "out" / "gwas.json").read_text())["people"] == found.n_people


def test_a_person_twice_in_the_traits_is_refused(study, tmp_path):
    table = study.write_table("twice.tsv", study.traits, ids=[*study.ids[:-1], study.ids[0]])
    with pytest.raises(QSMError, match=study.ids[0]):
        scan(study, tmp_path / "out", trait_table=table)
    assert not (tmp_path / "out").exists()


def test_text_among_the_traits_is_refused(study, tmp_path):
    path = tmp_path / "words.tsv"
    path.write_text("eid\tscanner\n" + "".join(f"{one}\tcheadle\n" for one in study.ids))
    with pytest.raises(QSMError, match="text in scanner"):
        scan(study, tmp_path / "out", trait_table=str(path))


def test_variants_below_the_limits_are_left_out_and_counted(study, tmp_path):
    found = scan(study, tmp_path / "out", min_maf=0.3)
    af = study.counts.mean(axis=1) / 2
    assert found.n_dropped["frequency"] == (np.minimum(af, 1 - af) < 0.3).sum()
    assert found.n_variants == 24 - found.n_dropped["frequency"]
    with pytest.raises(QSMError, match="No variant is left"):
        scan(study, tmp_path / "none", min_info=1.0, regions=["5"])
    assert not (tmp_path / "none").exists()


def test_a_file_that_breaks_off_leaves_nothing(study, tmp_path):
    data = (study.folder / "all.bgen").read_bytes()
    (tmp_path / "cut.bgen").write_bytes(data[:-50])
    with pytest.raises(QSMError, match="truncated"):
        scan(study, tmp_path / "new" / "out", genotypes=[str(tmp_path / "cut.bgen")])
    assert not (tmp_path / "new").exists()


def test_regions_variants_and_traits_can_be_chosen(study, tmp_path):
    names = study.write_ids("names.txt", ["rs3", "rs17", "rs20"])
    scan(study, tmp_path / "out", regions=["22"], extract=names, columns=["t2star_b"])
    table = read(tmp_path / "out")
    assert table.id.tolist() == ["rs17", "rs20"]
    assert "beta_qsm_a" not in table
    with pytest.raises(QSMError, match=r"no trait x.*qsm_a, t2star_b"):
        scan(study, tmp_path / "x", columns=["x"])


def test_tables_of_an_earlier_run_do_not_stay(study, tmp_path):
    scan(study, tmp_path / "out")
    scan(study, tmp_path / "out", regions=["22"])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["chr22.parquet", "gwas.json"]
    scan(study, tmp_path / "out", discovery=study.discovery, replication=study.replication)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["discovery", "replication"]


def test_repeated_identifiers_stay_two_variants(tmp_path):
    study = Study(tmp_path / "s")
    study.names[4] = study.names[3]
    scan(study, tmp_path / "out", genotypes=[study.write_genotypes("same.bgen", range(6))])
    assert read(tmp_path / "out").id.tolist().count("rs3") == 2


def test_normalised_traits_are_ranks(study, tmp_path):
    from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal

    scan(study, tmp_path / "out", normalise=True)
    values = inverse_normal(study.traits["qsm_a"][:, None])[:, 0]
    expected = np.array([regression(count, values) for count in study.counts])
    assert read(tmp_path / "out").beta_qsm_a.to_numpy() == pytest.approx(expected[:, 0], rel=1e-4)
