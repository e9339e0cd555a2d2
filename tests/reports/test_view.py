import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.reports.view import ACROSS, LETTERS, Plane, View

ORDERS = [(0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2)]
DIRECTION = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}


def affine_of(order, signs, voxel_size=(1.0, 1.0, 1.0), oblique=None):
    """An affine whose stored axis `order[n]` runs along scanner axis n."""
    affine = np.eye(4)
    affine[:3, :3] = 0
    for scanner, stored in enumerate(order):
        affine[scanner, stored] = signs[scanner] * voxel_size[stored]
    if oblique is not None:
        affine[:3, :3] = oblique[:3, :3] @ affine[:3, :3]
    return affine


@given(
    order=st.sampled_from(ORDERS),
    signs=st.tuples(*[st.sampled_from([-1, 1])] * 3),
    letter=st.sampled_from("RLAPSI"),
    orientation=st.sampled_from(["axial", "coronal", "sagittal"]),
)
def test_what_lies_towards_a_letter_is_drawn_on_the_side_of_that_letter(order, signs, letter, orientation):
    affine = affine_of(order, signs)
    axis, sign = DIRECTION[letter]
    volume = np.zeros((9, 9, 9), np.float32)
    offset = np.zeros(3)
    offset[axis] = 3 * sign
    place = np.array([4, 4, 4]) + np.rint(np.linalg.inv(affine[:3, :3]) @ offset).astype(int)
    volume[tuple(place)] = 1
    view = View.of(np.ones_like(volume, bool), affine)
    picture = view.cut(volume, Plane(orientation, 4))
    sides = LETTERS[orientation]
    if letter not in sides:
        assert not picture.any()
        return
    row, column = np.argwhere(picture)[0]
    expected = {0: (4, 1), 1: (4, 7), 2: (1, 4), 3: (7, 4)}[sides.index(letter)]
    assert (row, column) == expected


def test_axes_are_turned_as_nibabel_turns_them(oblique_affine):
    oblique = oblique_affine(degrees=(25.0, -18.0))
    for order in ORDERS:
        affine = affine_of(order, (-1, 1, -1), (0.8, 1.1, 3.0), oblique)
        volume = np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)
        view = View.of(np.ones(volume.shape, bool), affine)
        closest = nib.as_closest_canonical(nib.Nifti1Image(volume, affine))
        expected = np.asarray(closest.dataobj)
        assert view.size == expected.shape
        assert np.array_equal(view.cut(volume, Plane("axial", 2)), expected[::-1, ::-1, 2].T)
        assert view.voxel_size == pytest.approx(closest.header.get_zooms(), rel=1e-5)


def test_the_tilt_of_an_oblique_scan_is_its_angle(oblique_affine):
    view = View.of(np.ones((4, 4, 4), bool), oblique_affine((0.8, 0.8, 3.0), degrees=(12.0, 0.0)))
    assert view.tilt == pytest.approx(12.0, abs=1e-6)


def test_a_slice_label_is_the_index_in_the_file():
    affine = affine_of((0, 1, 2), (-1, 1, 1))
    view = View.of(np.ones((10, 10, 10), bool), affine)
    volume = np.zeros((10, 10, 10), np.float32)
    volume[7] = 1
    shown = next(plane for plane in (Plane("sagittal", n) for n in range(10)) if view.cut(volume, plane).any())
    assert view.label(shown) == "i = 7"


def test_the_view_is_cropped_to_the_region_and_its_margin():
    region = np.zeros((60, 60, 60), bool)
    region[20:40, 25:35, 30:32] = True
    view = View.of(region, np.diag([1.0, 2.0, 2.5, 1.0]))
    assert view.low == (15, 22, 28)
    assert view.high == (45, 38, 34)
    assert view.center == (30, 30, 30)  # of an even extent, the rounded middle


def test_an_empty_region_shows_the_whole_volume():
    view = View.of(np.zeros((6, 7, 8), bool), np.eye(4))
    assert view.low == (0, 0, 0)
    assert view.high == (6, 7, 8)


def test_planes_stay_inside_the_view_and_pass_through_the_centre(rng):
    region = np.zeros((30, 30, 30), bool)
    region[5:25, 8:20, 3:9] = rng.random((20, 12, 6)) > 0.4
    view = View.of(region, np.eye(4))
    planes = view.planes()
    assert [plane.orientation for plane in planes] == ["axial"] * 3 + ["coronal", "sagittal"]
    assert planes[1].index == view.center[2]
    for plane in [*planes, *view.mosaic(12), *view.planes_through(region)]:
        axis = ACROSS[plane.orientation]
        assert view.low[axis] <= plane.index < view.high[axis]


def test_a_single_slice_is_shown_once():
    view = View.of(np.ones((8, 8, 1), bool), np.eye(4))
    assert [plane.index for plane in view.planes() if plane.orientation == "axial"] == [0]
    assert len(view.mosaic(12)) == 1
