"""V-SHARP as a node."""

from nipype_qsm.interfaces.background import BACKGROUND_REMOVALS, VSHARP
from nipype_qsm.kernels.background.vsharp import vsharp


def test_the_node_saves_what_the_kernel_returns(runs_as_its_kernel):
    runs_as_its_kernel(VSHARP, vsharp, max_radius_mm=4.0)


def test_the_registry_makes_it_by_name_with_the_acquired_grid():
    assert BACKGROUND_REMOVALS.make("vsharp", resample_mm=None).inputs.resample_mm is None
