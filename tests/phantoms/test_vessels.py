import numpy as np
import pytest

from nipype_qsm.phantoms.anatomy import anatomy
from nipype_qsm.phantoms.vessels import Tube, curve, filled, sagittal_sinus, small_things


@pytest.mark.parametrize("radius", [1.5, 2.5])
def test_a_straight_vein_fills_its_own_volume(radius):
    tube = Tube(curve((0, 0, -20), (0, 0, 20), step=0.25), radius)
    to_index = np.eye(4)
    to_index[:3, 3] = 30
    box, share = filled(tube, to_index, np.ones(3), (60, 60, 60))
    assert share[:, :, 20].sum() == pytest.approx(np.pi * radius**2, rel=0.06)
    assert (box[2].start, share.max()) == (pytest.approx(10 - np.ceil(radius) - 1, abs=1), 1)


def test_a_vein_outside_the_field_of_view_is_left_out():
    assert filled(Tube(curve((200, 0, 0), (210, 0, 0)), 1.0), np.eye(4), np.ones(3), (20, 20, 20)) is None


def test_veins_are_the_subjects_own_and_options_add_to_them():
    head = anatomy(1, 2)
    plain = small_things(head, 1, calcification=False, microbleed=False)
    again = small_things(head, 1, calcification=False, microbleed=False)
    assert all(np.array_equal(a.points, b.points) for a, b in zip(plain, again, strict=True))
    more = small_things(head, 1, calcification=True, microbleed=True)
    assert [thing.structure for thing in more[len(plain) :]] == ["calcification", "microbleed"]
    other = small_things(anatomy(2, 2), 2, calcification=False, microbleed=False)
    assert not np.allclose(other[-1].points[0], plain[-1].points[0])


def test_the_sagittal_sinus_follows_the_top_of_the_brain():
    head = anatomy(1, 2)
    points = sagittal_sinus(head).points
    assert np.abs(points[:, 0]).max() < 1
    brain_top = (np.argwhere(head.brain)[:, 2].max()) * head.affine[2, 2] + head.affine[2, 3]
    assert points[:, 2].max() == pytest.approx(brain_top, abs=8)
