"""Every registered inversion chooses its smoothing in the same ways, and says when it did not converge."""

import inspect

import numpy as np
import pytest
from inversions import GRID, ball

from nipype_qsm.interfaces.inversion import INVERSIONS
from nipype_qsm.kernels.inversion import tgv_one_step
from nipype_qsm.kernels.regularisation import SELECTIONS
from nipype_qsm.units import radians_per_ppm

BY_ITS_STOP = {"ndi"}
"""Methods whose penalty is next to nothing: when they stop is what smooths. TKD, TSVD, iLSQR and RTS have none."""
KERNELS = {name: interface._kernel for name, interface in INVERSIONS.items()}
WEIGHTED = [name for name, kernel in KERNELS.items() if "regularisation" in inspect.signature(kernel).parameters]
CHOOSING = [name for name in WEIGHTED if name not in BY_ITS_STOP]
ITERATING = [name for name, kernel in KERNELS.items() if "max_iterations" in inspect.signature(kernel).parameters]
SMALL = {"pad": 2, "max_iterations": 100}


def found(name, **options):
    """Return what a method makes of the field of a ball, or of its phase where it wants phase."""
    field, mask, _ = ball(dtype=np.float32)
    given = {"field_local": field, "mask": mask, "grid": GRID, "echo_times": [0.010], "field_strength": 3.0}
    given["phase"] = np.angle(np.exp(1j * radians_per_ppm(0.010, 3.0) * field))[..., None].astype(np.float32)
    accepted = inspect.signature(KERNELS[name]).parameters
    return KERNELS[name](**{key: value for key, value in (given | options).items() if key in accepted})


def test_a_method_with_a_weight_can_choose_it_in_every_way():
    offered = {name: set(INVERSIONS[name].input_spec().trait("selection").handler.values) for name in CHOOSING}
    assert offered == {name: set(SELECTIONS) for name in CHOOSING}
    assert len(CHOOSING) == 11


@pytest.mark.parametrize("selection", ["l_curve", "frequency"])
@pytest.mark.parametrize("name", CHOOSING)
def test_a_weight_that_is_chosen_among_trials_is_the_one_that_is_used(name, selection):
    chosen = found(name, selection=selection, tolerance=0.05, **SMALL)
    fixed = found(name, selection="fixed", regularisation=chosen.weight, tolerance=0.05, **SMALL)
    np.testing.assert_allclose(chosen.chi, fixed.chi, atol=1e-6)


@pytest.mark.parametrize("name", ITERATING)
def test_an_iteration_that_did_not_converge_warns_with_its_numbers_and_says_so(name):
    with pytest.warns(RuntimeWarning, match=r"stopped after .* asked"):
        result = found(name, max_iterations=1, tolerance=1e-6, pad=2)
    assert not result.converged
    assert np.all(np.asarray(result.iterations) > 0) and np.all(np.asarray(result.residual) > 0)


def test_one_step_tgv_warns_of_an_equation_for_the_field_that_did_not_converge(monkeypatch):
    monkeypatch.setattr(tgv_one_step, "POISSON_LIMIT", 2)
    with pytest.warns(RuntimeWarning, match=r"The field of one-step TGV stopped after 2 iterations"):
        assert not found("tgv_one_step", tolerance=0.05, **SMALL).converged
