import numpy as np
import pytest
from regions_head import GRID, lopsided_head

from nipype_qsm.kernels.regions.fit import label_fit


@pytest.fixture(scope="module")
def head():
    return lopsided_head()


def test_labels_fit_best_where_they_are(head):
    chi, valid, labels = head
    fit = label_fit(chi, valid, labels, GRID)
    assert fit.in_place > 0.8  # 0.93
    assert fit.displaced < 0.5 * fit.in_place  # 0.22
    assert fit.mirrored < 0.9 * fit.in_place  # 0.76


def test_a_displaced_map_fits_better_elsewhere(head):
    chi, valid, labels = head
    moved = np.roll(chi, 3, axis=1)  # 6 mm
    fit = label_fit(moved, valid, labels, GRID)
    assert fit.displaced > fit.in_place


def test_a_mirrored_map_fits_mirrored_labels_better(head):
    chi, valid, labels = head
    fit = label_fit(chi[::-1], valid[::-1], labels, GRID)
    assert fit.mirrored > 1.05 * fit.in_place


def test_without_labels_there_is_no_fit(head):
    chi, valid, labels = head
    assert np.isnan(label_fit(chi, valid, np.zeros_like(labels), GRID)).all()


def test_one_side_alone_cannot_be_mirrored(head):
    chi, valid, labels = head
    fit = label_fit(chi, valid, np.where(labels < 20, labels, 0), GRID)
    assert np.isnan(fit.mirrored)
    assert np.isfinite(fit.in_place)
