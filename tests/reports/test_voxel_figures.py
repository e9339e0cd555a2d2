"""Overlays colour what passes the threshold, in the right colours and at the right place."""

import numpy as np
import pytest

from nipype_qsm.reports.view import View
from nipype_qsm.reports.voxel_figures import Overlay, mosaic, orthogonal, peak, planes_at

AFFINE = np.array([[-2.0, 0, 0, 20], [0, 2, 0, -20], [0, 0, 2, -20], [0, 0, 0, 1]])
MASK = np.zeros((20, 22, 18), bool)
MASK[2:-2, 2:-2, 2:-2] = True


def overlay(threshold=5.0):
    r = np.zeros(MASK.shape)
    r[5:7, 10:12, 8:10], r[13:15, 10:12, 8:10] = 0.3, -0.2
    mlog10p = 100 * np.abs(r)
    mlog10p[6, 11, 9] = 40
    return Overlay("iron & age", r, mlog10p, threshold, "false-discovery rate: 5")


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def coloured(image):
    """Return the share of reddish and of bluish pixels above the legend."""
    image = image[: int(0.85 * len(image))]
    red, blue = image[..., 0] - image[..., 2], image[..., 2] - image[..., 0]
    return (red > 60).mean(), (blue > 60).mean()


@pytest.mark.parametrize("draw", [orthogonal, mosaic])
def test_rising_is_red_and_falling_is_blue_and_the_rest_is_grey(draw, rng):
    background = rng.normal(size=MASK.shape)
    red, blue = coloured(pixels(draw(overlay(), background, MASK, AFFINE)))
    assert red > 0
    assert blue > 0
    assert coloured(pixels(draw(overlay(99.0), background, MASK, AFFINE))) == (0, 0)
    assert coloured(pixels(draw(overlay(25.0), background, MASK, AFFINE)))[1] == 0


def test_planes_go_through_the_strongest_voxel():
    place = peak(overlay().mlog10p, MASK)
    assert place == (6, 11, 9)
    view = View.of(MASK, AFFINE)
    marked = np.zeros(MASK.shape)
    marked[place] = 1
    assert [view.cut(marked, plane).sum() for plane in planes_at(view, place)] == [1, 1, 1]


def test_a_plane_says_its_millimetres():
    figure = orthogonal(overlay(), np.ones(MASK.shape), MASK, AFFINE)
    told = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"z = \N{MINUS SIGN}2", "y = 2", "x = 8"} <= told
