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


def bleeding(rng):
    """Return the field of weak tissue with one strong voxel cluster, the mask and the tissue."""
    _, mask, _ = ball()
    x, y, _ = np.indices(GRID.shape)
    tissue = (0.03 * np.sin(x / 2) * np.cos(y / 3) * mask).astype(np.float32)
    strong = np.zeros_like(tissue)
    strong[12:14, 14:16, 10:12] = 2.0
    field = dipole_field(tissue + strong, GRID, pad=16) + rng.normal(0, 0.005, GRID.shape).astype(np.float32)
    return field.astype(np.float32), mask, tissue, strong


def test_weak_tissue_beside_a_strong_source_is_clearer_than_in_one_pass(rng):
    field, mask, tissue, strong = bleeding(rng)
    weak = mask & (strong == 0)

    def error(found):
        difference = (found - tissue)[weak]
        return difference.std()

    result = star(field, mask, GRID, pad=8)
    # 0.85
    assert error(result.chi) < 0.95 * error(tv(field, mask, GRID, pad=8).chi)
    assert 1 <= result.n_strong < 100
    assert result.chi[strong > 0].mean() > 1


def test_without_strong_sources_it_is_total_variation():
    field, mask, _ = ball()
    result = star(field, mask, GRID, strong_factor=1e9, pad=8)
    assert result.n_strong == 0
    np.testing.assert_allclose(result.chi, tv(field, mask, GRID, regularisation=0.15, pad=8).chi, atol=1e-6)


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
