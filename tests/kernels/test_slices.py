"""The slice axis."""

import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.slices import pixel_area, slice_axis


@pytest.mark.parametrize(
    ("direction", "axis", "area"),
    [((0, 0, 1), 2, 2.0), ((0.1, 0.3, -0.9), 2, 2.0), ((0, -1, 0.2), 1, 3.0), ((1, 0, 0), 0, 6.0), ((1, 1, 1), 2, 2.0)],
)
def test_slices_are_cut_across_the_voxel_axis_closest_to_b0(direction, axis, area):
    grid = Grid((4, 4, 4), (1.0, 2.0, 3.0), direction)
    assert slice_axis(grid) == axis
    assert pixel_area(grid) == pytest.approx(area)
