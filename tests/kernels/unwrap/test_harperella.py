import numpy as np
import pytest
from phases import wrap

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.background.lbv import lbv
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.kernels.unwrap.harperella import harperella
from oracles import ball_head, point_dipole_field


def head(radians=40.0):
    """Return the unwrapped phase of an inner source below a strong outer one, steep enough to wrap."""
    grid, mask = ball_head((1.0, 1.0, 1.5))
    chi = np.zeros(grid.shape, np.float32)
    centre = tuple(n // 2 for n in grid.shape)
    chi[tuple(slice(c - 1, c + 2) for c in centre)] = 0.05
    field = dipole_field(chi, grid, pad=8) + 600 * point_dipole_field(grid, (20.0, 16.0, 12.0)).astype(np.float32)
    return (radians * field).astype(np.float32), mask, grid


def test_it_gives_of_wrapped_phase_what_the_boundary_value_method_gives_of_the_true():
    phase, mask, grid = head()
    assert np.abs(phase[mask]).max() > np.pi
    found = harperella(wrap(phase), mask, grid)
    expected = lbv(phase, mask, grid, reach_mm=None)
    np.testing.assert_allclose(found.phase_unwrapped, expected.field_local, atol=2e-3)
    np.testing.assert_array_equal(found.mask_local, expected.mask_local)
    assert found.converged


def test_each_echo_is_solved_by_itself():
    phase, mask, grid = head()
    both = harperella(np.stack([wrap(phase), wrap(phase / 2)], axis=-1), mask, grid)
    for echo, part in enumerate((phase, phase / 2)):
        np.testing.assert_array_equal(
            both.phase_unwrapped[..., echo], harperella(wrap(part), mask, grid).phase_unwrapped
        )
    assert len(both.iterations) == len(both.residual) == 2


def test_whole_turns_make_no_difference():
    phase, mask, grid = head(4.0)
    turned = phase.copy()
    turned[::3] += 2 * np.pi
    first, second = (harperella(values, mask, grid).phase_unwrapped for values in (phase, turned))
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_zero_in_zero_out():
    _, mask, grid = head()
    assert not harperella(np.zeros(grid.shape, np.float32), mask, grid).phase_unwrapped.any()


def test_too_few_iterations_warn_with_their_numbers():
    phase, mask, grid = head()
    with pytest.warns(RuntimeWarning, match="stopped after 2 iterations"):
        assert not harperella(wrap(phase), mask, grid, max_iterations=2).converged


def test_a_mask_without_interior_is_refused_with_its_cure():
    phase, mask, grid = head()
    thin = np.zeros_like(mask)
    thin[3, 3, 3] = True
    with pytest.raises(QSMError, match="Give the whole brain"):
        harperella(phase, thin, grid)
