"""Every kind of figure from files."""

from pathlib import Path

import numpy as np
import pytest
from bgen_files import layout_2, write_bgen

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes import open_genotypes
from nipype_qsm.interfaces.genetics import GwasPlots, Peaks
from nipype_qsm.interfaces.genetics.gwas_plots import correlations, place_of


def drawn(tmp_path, **options):
    return Path(GwasPlots(**options).run(cwd=str(tmp_path)).outputs.figure)


@pytest.mark.parametrize("kind", ["manhattan", "miami", "qq"])
def test_scans_are_drawn(scanned, tmp_path, kind):
    assert drawn(tmp_path, kind=kind, results=str(scanned)).read_bytes().startswith(b"\x89PNG")


def test_a_scan_is_drawn_to_look_around_in_with_its_peaks(scanned, tmp_path):
    peaks = Peaks(results=str(scanned), threshold=5.0, cm_per_mb=1.0).run(cwd=str(tmp_path)).outputs.peaks
    options = {"results": str(scanned), "columns": ["qsm_a"], "peaks": peaks, "thresholds": [5.0]}
    page = drawn(tmp_path, kind="manhattan", form="html", **options).read_text()
    assert "rs3, 21:21200000, qsm_a, -log10 P" in page
    assert drawn(tmp_path, kind="peaks", form="svg", table=peaks).read_text().startswith("<?xml")


def test_a_locus_is_drawn_with_correlations(scanned, study, tmp_path):
    options = {"results": str(scanned), "columns": ["qsm_a"], "genotypes": study.genotypes}
    assert drawn(tmp_path, kind="locus", region="21:20-23", **options).is_file()
    with pytest.raises(QSMError, match="There is no variant in 21:1-2"):
        drawn(tmp_path, kind="locus", region="21:1-2", **options)


def test_variants_at_one_position_keep_their_own_correlations(tmp_path, rng):
    counts = rng.binomial(2, 0.4, (3, 300))
    counts[2] = np.where(rng.random(300) < 0.8, counts[0], counts[2])
    blocks = [layout_2([(float(one == 0), float(one == 1)) for one in row]) for row in counts]
    places = [(100, ("A", "G")), (100, ("A", "T")), (200, ("C", "T"))]
    variants = [("21", pos, f"rs{row}", alleles, blocks[row]) for row, (pos, alleles) in enumerate(places)]
    file = open_genotypes(write_bgen(tmp_path / "g.bgen", variants, [f"{one}" for one in range(300)]))
    names = ["21:200:C:T", "21:100:A:T", "21:100:A:G", "21:100:A:C"]
    expected = np.corrcoef(counts)[0, [2, 1, 0]] ** 2
    assert correlations(file, names, 2, "21:100-200") == pytest.approx([*expected, 0], abs=1e-6)


def test_genotype_groups_are_drawn(study, tmp_path):
    options = {"genotypes": study.genotypes, "trait_table": study.trait_table}
    assert drawn(tmp_path, kind="genotypes", variant="rs3", **options).is_file()
    with pytest.raises(QSMError, match="no variant rs99"):
        drawn(tmp_path, kind="genotypes", variant="rs99", **options)


def test_heritability_is_drawn(tmp_path):
    (tmp_path / "h.tsv").write_text("trait\th2\th2_se\nqsm\t0.2\t0.02\n")
    assert drawn(tmp_path, kind="heritability", table=str(tmp_path / "h.tsv")).is_file()


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(QSMError, match="locus figure needs results and region"):
        drawn(tmp_path, kind="locus")


@pytest.mark.parametrize("text", ["4:102500000-103900000", "chr4:102.5-103.9", "4:102,500,000-103,900,000"])
def test_regions_are_read_in_bases_and_millions(text):
    assert place_of(text) == ("4", 102_500_000, 103_900_000)
