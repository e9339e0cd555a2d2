"""Peaks of one trait."""

import numpy as np

from nipype_qsm.kernels.genetics.genetic_map import GeneticMap
from nipype_qsm.kernels.genetics.peaks import peaks

RATE = GeneticMap({}, 1.0)


def test_the_strongest_takes_what_is_near_and_the_next_is_another_peak():
    pos = np.array([1_000_000, 1_100_000, 1_300_000, 9_000_000, 9_500_000])
    found = peaks(np.array(["1", "1", "1", "2", "2"]), pos, np.array([8.0, 20, 9, 7.4, 8]), RATE)
    assert found.lead.tolist() == [1, 4]
    assert found.n_variants.tolist() == [3, 1]
    assert found.cm.round(9).tolist() == [1.1, 9.5]


def test_the_threshold_itself_counts_and_unknown_values_never_do():
    found = peaks(np.array(["1"] * 3), np.array([1, 2_000_000, 4_000_000]), np.array([7.5, np.nan, 7.49]), RATE)
    assert found.lead.tolist() == [0]


def test_a_lead_that_stands_alone_is_kept_and_nothing_gives_nothing():
    assert peaks(np.array(["X"]), np.array([5]), np.array([99.0]), RATE).lead.tolist() == [0]
    assert peaks(np.array(["1"]), np.array([5]), np.array([1.0]), RATE).lead.size == 0
