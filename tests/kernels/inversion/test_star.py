import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.inversion.star import star
from nipype_qsm.kernels.inversion.tv import tv


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(star, law)


def bleeding(rng, *, strong=5.0, noise=0.01):
    """Return the field of weak tissue with one strong voxel cluster, the mask, the tissue and the cluster."""
    _, mask, _ = ball()
    x, y, _ = np.indices(GRID.shape)
    tissue = (0.03 * np.sin(x / 2) * np.cos(y / 3) * mask).astype(np.float32)
    source = np.zeros_like(tissue)
    source[12:14, 14:16, 10:12] = strong
    field = dipole_field(tissue + source, GRID, pad=16) + rng.normal(0, noise, GRID.shape).astype(np.float32)
    return field.astype(np.float32), mask, tissue, source


def error_of_tissue(chi, mask, tissue, source):
    return (chi - tissue)[mask & (source == 0)].std()


def test_noise_in_the_tissue_beside_a_strong_source_is_smoothed_as_it_is_without_one(rng):
    # A strong source makes the field's error a small share, and one pass that follows it smooths the tissue too little.
    field, *truth = bleeding(rng)
    result = star(field, truth[0], GRID, pad=8)
    one_pass = tv(field, truth[0], GRID, support=False, pad=8)
    # 0.53
    assert error_of_tissue(result.chi, *truth) < 0.7 * error_of_tissue(one_pass.chi, *truth)
    assert 1 <= result.n_strong < 100
    assert result.chi[truth[2] > 0].mean() > 0.8 * 5


def test_without_strong_sources_it_is_total_variation():
    field, mask, _ = ball()
    result = star(field, mask, GRID, strong_factor=1e9, pad=8)
    assert result.n_strong == 0
    np.testing.assert_allclose(result.chi, tv(field, mask, GRID, pad=8).chi, atol=1e-6)


def test_both_passes_report(rng):
    field, mask, _, _ = bleeding(rng)
    with pytest.warns(RuntimeWarning, match="stopped after 2 iterations"):
        result = star(field, mask, GRID, max_iterations=2, pad=8)
    assert not result.converged
    assert result.iterations == [2, 2]


def test_a_factor_of_zero_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a number above 0"):
        star(field, mask, GRID, strong_factor=0)
