import numpy as np
import pytest
from inversions import GRID, LAWS, ball, check_laws

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.dipole import dipole_kernel
from nipype_qsm.kernels.fourier import forward
from nipype_qsm.kernels.inversion.rts import _fill, rts


def noisy_ball(rng, level=0.002):
    field, mask, chi = ball()
    return field + np.where(mask, rng.normal(0, level, field.shape), 0).astype(np.float32), mask, chi


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_of_an_inversion(law):
    check_laws(rts, law)


def test_the_second_step_keeps_what_is_well_posed_and_changes_the_cone(rng):
    grid = GRID.resized((20, 20, 20))
    dipole = dipole_kernel(grid)
    start = rng.normal(size=grid.shape)
    found, _, _ = _fill(start, np.abs(dipole) >= 0.15, grid, (1.0, 0.01, 40))
    change = np.abs(forward(found - start)) / np.abs(forward(start)).mean()
    well = np.abs(dipole) >= 0.15
    variation = [sum(np.abs(np.diff(x, axis=axis)).sum() for axis in range(3)) for x in (found, start)]
    assert variation[0] < 0.9 * variation[1]
    assert change[well].mean() < 0.15
    assert change[~well].mean() > 0.4


def test_more_steps_of_the_first_kind_explain_more(rng):
    field, mask, _ = noisy_ball(rng)
    left = [rts(field, mask, GRID, first_iterations=n, pad=8).residual[0] for n in (2, 4, 8)]
    assert left[0] > left[1] > left[2]


def test_too_few_iterations_warn_with_their_numbers(rng):
    field, mask, _ = noisy_ball(rng)
    with pytest.warns(RuntimeWarning, match="stopped after 1 iterations"):
        result = rts(field, mask, GRID, max_iterations=1, tolerance=1e-4, pad=8)
    assert not result.converged
    assert result.iterations[-1] == 1


@pytest.mark.parametrize("option", [{"threshold": 0}, {"shrinking": 0}, {"tolerance": 1}])
def test_an_option_out_of_range_is_refused_with_its_cure(option):
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a threshold between 0 and 1/3"):
        rts(field, mask, GRID, **option)


def test_an_empty_mask_is_refused_with_its_cure():
    field, mask, _ = ball()
    with pytest.raises(QSMError, match="Give a mask"):
        rts(field, np.zeros_like(mask), GRID)
