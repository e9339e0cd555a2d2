"""A subset scans like the whole."""

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes import open_genotypes
from nipype_qsm.interfaces.genetics import BgenSubset, LinearGWAS


@pytest.mark.parametrize("compression", ["zlib", "zstd", "none"])
def test_people_and_variants_are_those_asked_for_bit_by_bit(study, tmp_path, compression):
    keep = study.write_ids("keep.txt", study.ids[10:200:3])
    made = BgenSubset(genotypes=study.genotypes, keep=keep, regions=["22"], compression=compression)
    made = made.run(cwd=str(tmp_path)).outputs
    file = open_genotypes(made.subset)
    assert file.people.ids == study.ids[10:200:3]
    (block,) = list(file.blocks(np.arange(len(file.people))))
    assert block.dosages() == pytest.approx(study.counts[12:, 10:200:3], abs=1e-6)
    assert (made.n_people, made.n_variants) == (64, 12)


def test_a_scan_of_the_subset_is_the_scan_of_its_people(study, tmp_path):
    keep = study.write_ids("keep.txt", study.ids[::2])
    subset = BgenSubset(genotypes=study.genotypes, keep=keep).run(cwd=str(tmp_path)).outputs.subset
    for name, options in {"a": {"genotypes": [study.genotypes], "keep": keep}, "b": {"genotypes": [subset]}}.items():
        LinearGWAS(trait_table=study.trait_table, folder=str(tmp_path / name), **options).run(cwd=str(tmp_path))
    a, b = (pd.read_parquet(tmp_path / name / "chr21.parquet") for name in "ab")
    assert a.beta_qsm_a.to_numpy() == pytest.approx(b.beta_qsm_a.to_numpy(), rel=1e-5)


def test_nobody_and_nothing_are_refused(study, tmp_path):
    nobody, some = study.write_ids("nobody.txt", ["x"]), study.write_ids("some.txt", study.ids[:5])
    with pytest.raises(QSMError, match="Nobody of"):
        BgenSubset(genotypes=study.genotypes, keep=nobody).run(cwd=str(tmp_path))
    with pytest.raises(QSMError, match="No variant is in the subset"):
        BgenSubset(genotypes=study.genotypes, keep=some, regions=["9"]).run(cwd=str(tmp_path))
    assert not list(tmp_path.glob("*.bgen*"))
