"""Figures hold what they were given."""

import numpy as np
import pytest

from nipype_qsm.reports.genome import Genome, Pixels, Quantiles
from nipype_qsm.reports.gwas import (
    genotype_groups,
    heritability_bars,
    locus,
    manhattan,
    miami,
    peak_counts,
    quantiles,
    spaced,
)


@pytest.fixture
def pixels():
    made = Pixels(Genome())
    made.add("4", np.array([1_000_000, 103_188_709]), np.array([1.0, 312.0]))
    return made


def test_a_manhattan_figure_shows_all_and_reaches_the_strongest(pixels):
    (axes,) = manhattan(pixels, "QSM").axes
    assert axes.get_title(loc="left") == "QSM (2 variants)"
    assert axes.get_ylim()[1] > 20 * (1 + np.log(312 / 20))
    assert "log beyond 20" in axes.get_ylabel()


def test_a_miami_figure_hangs_the_second_upside_down(pixels):
    upper, lower = miami(pixels, pixels, ("QSM", "T2*")).axes
    assert upper.get_ylim()[0] == 0 and lower.get_ylim()[1] == 0
    assert lower.get_ylim()[0] < 0


@pytest.mark.parametrize("top", [8.0, 20.0, 77.0, 110.0])
def test_ticks_leave_each_other_room(top):
    from nipype_qsm.reports.genome import compressed

    assert np.diff(compressed(spaced(top))).min() > top / 22


def test_quantiles_name_each_lambda(rng):
    curve = Quantiles()
    curve.add(-np.log10(rng.uniform(size=1000)))
    (axes,) = quantiles({"chi": curve}).axes
    assert axes.get_legend().get_texts()[0].get_text().startswith("chi, λ = ")


def test_a_locus_marks_its_lead_and_its_genes(rng):
    pos = np.sort(rng.integers(1_000_000, 2_000_000, 50))
    figure = locus(pos, rng.exponential(2, 50), 9, "t, rs1", r2=rng.random(50), genes=[(1_100_000, 1_300_000, "GENE")])
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts == ["GENE"]


def test_bars_stand_for_traits():
    names, kinds = ["a", "b"], ["QSM", "T2*"]
    (axes,) = heritability_bars(names, np.array([0.2, 0.3]), np.array([0.02, 0.03]), kinds).axes
    assert [bar.get_height() for bar in axes.patches] == [0.2, 0.3]
    (axes,) = peak_counts(names, np.array([5, 3]), np.array([4, 0]), kinds).axes
    assert [bar.get_height() for bar in axes.patches] == [5, 3, 4, 0]


def test_genotype_groups_count_their_people(rng):
    count = np.array([0.0] * 10 + [1.2] * 6 + [1.9] * 4 + [np.nan])
    (axes,) = genotype_groups(count, rng.normal(size=21), ("C", "T"), "rs1", "ppb").axes
    labels = [text.get_text() for text in axes.get_xticklabels()]
    assert labels == ["CC\nn = 10", "CT\nn = 6", "TT\nn = 4"]
