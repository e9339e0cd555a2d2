import numpy as np
import pytest

from nipype_qsm.kernels.cohort import pair_sums as module
from nipype_qsm.kernels.cohort.pair_sums import _centre_and_fill, pair_sums, side


@pytest.mark.parametrize("chunk", [7, 64, 4096])
def test_the_sums_are_the_sums_over_common_subjects(rng, monkeypatch, chunk):
    monkeypatch.setattr(module, "CHUNK", chunk)
    x, y = rng.normal(size=(150, 4)), rng.normal(size=(5, 150)) + 2
    x[rng.random(x.shape) < 0.03], y[rng.random(y.shape) < 0.4] = np.nan, np.nan
    x[rng.random(150) < 0.5, 2] = np.nan  # a column of many gaps takes the other way
    prepared = side(x)
    assert prepared.dense.tolist() == [2]
    found = pair_sums(y, prepared)
    for p in range(5):
        centre, scale = module._centres(y)[p]
        centred = (y[p] - centre) * scale
        for i in range(4):
            both = ~(np.isnan(x[:, i]) | np.isnan(y[p]))
            u, v = prepared.filled[both, i], centred[both]
            expected = [both.sum(), u.sum(), (u * u).sum(), v.sum(), (v * v).sum(), (u * v).sum()]
            np.testing.assert_allclose([part[p, i] for part in found[1:]], expected, atol=1e-11)  # 6e-14
        assert found.known[p] == (~np.isnan(y[p])).sum()


def test_the_centre_is_told_by_stretches_or_where_they_are_empty_by_the_row(rng):
    rows = np.vstack([rng.normal(7, 1, 20000), rng.normal(7, 1, 20000), np.full(20000, np.nan)])
    rows[1, :] = np.where(np.arange(20000) % 833 < 64, np.nan, rows[1])
    centres = module._centres(rows)
    np.testing.assert_allclose(centres[:2, 0], 7, atol=0.1)  # 0.03
    np.testing.assert_allclose(centres[:2, 1], 1 / 7, rtol=0.02)
    np.testing.assert_array_equal(centres[2], [0, 1])


def test_gaps_are_filled_with_zero_after_centring():
    values = np.array([[1.0, np.nan, 3.0], [np.nan] * 3])
    filled, mask, totals = np.empty((2, 3)), np.empty((2, 3)), np.zeros((2, 3))
    _centre_and_fill(values, np.array([[2.0, 1.0], [0.0, 1.0]]), 0, filled, mask, totals)
    np.testing.assert_array_equal(filled, [[-1, 0, 1], [0, 0, 0]])
    np.testing.assert_array_equal(mask, [[1, 0, 1], [0, 0, 0]])
    np.testing.assert_array_equal(totals, [[2, 0, 2], [0, 0, 0]])
