"""Counts of what is found again."""

import numpy as np

from nipype_qsm.kernels.genetics.replication_table import replication_table


def test_peaks_and_clusters_are_counted_by_kind():
    mlog10p, beta = np.array([2.0, 1.0, np.nan, 1.4]), np.array([1.0, 1, np.nan, -1])
    found = replication_table(mlog10p, beta, np.ones(4), ["QSM", "T2*", "QSM", "T2*"], np.array([0, 0, 2, 3]))
    assert found.replicated.tolist() == [True, False, False, True]
    assert found.same_direction.tolist() == [True, False, False, False]
    assert found.rows == [
        {"what": "peaks", "kind": "QSM", "n": 2, "n_replicated": 1},
        {"what": "peaks", "kind": "T2*", "n": 2, "n_replicated": 1},
        {"what": "clusters", "kind": "QSM only", "n": 1, "n_replicated": 0},
        {"what": "clusters", "kind": "T2* only", "n": 1, "n_replicated": 1},
        {"what": "clusters", "kind": "shared", "n": 1, "n_replicated": 1},
        {"what": "clusters", "kind": "all", "n": 3, "n_replicated": 2},
    ]


def test_the_nominal_level_itself_does_not_replicate():
    assert not replication_table(np.array([-np.log10(0.05)]), np.ones(1), np.ones(1), ["QSM"]).replicated[0]
