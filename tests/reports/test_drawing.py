import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from nipype_qsm.reports import drawing
from nipype_qsm.reports.drawing import GAP_MM, Outline, Panel, layout, outlines_svg, panel, strip
from nipype_qsm.reports.view import Plane, View


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch):
    monkeypatch.setattr(drawing, "PIXELS", 600)


def pixels(content):
    return imread(io.BytesIO(content), format="jpeg")


def blank(shape, pixel_mm, value=1.0, outlines=()):
    return Panel(np.full(shape, value, np.float32), pixel_mm, "RLSI", "j = 3", list(outlines))


def test_anisotropic_voxels_keep_their_proportions():
    # 20 x 10 voxels of 1 x 3 mm: 20 mm wide, 30 mm high.
    height, width, _ = pixels(strip([blank((10, 20), (1.0, 3.0))], 0, 1)).shape
    assert width == drawing.PIXELS
    assert height / width == pytest.approx(30 / 20, abs=2 / drawing.PIXELS)


def test_panels_of_a_strip_share_one_scale():
    picture = pixels(strip([blank((40, 40), (1.0, 1.0)), blank((20, 20), (1.0, 1.0))], 0, 1))
    assert picture.shape[0] / picture.shape[1] == pytest.approx(40 / (60 + GAP_MM), abs=2 / drawing.PIXELS)
    bright = picture[..., 0] > 128
    last_column = bright[:, -70]  # in the small panel, centred in height
    assert last_column.sum() == pytest.approx(bright[:, 70].sum() / 2, rel=0.03)


def test_an_oblique_mirrored_coronal_is_as_high_as_its_slices_are_thick(oblique_affine):
    affine = oblique_affine((0.8, 0.8, 3.0), degrees=(20.0, 0.0)) @ np.diag([-1, 1, 1, 1])
    volume = np.ones((50, 60, 10), np.float32)
    one = panel(View.of(np.ones(volume.shape, bool), affine), Plane("coronal", 30), volume)
    assert one.size_mm == pytest.approx((40.0, 30.0))
    assert one.letters == "RLSI"


def test_grey_values_follow_the_window():
    dark, middle, bright = (blank((9, 9), (1.0, 1.0), value) for value in (-100.0, 50.0, 200.0))
    picture = pixels(strip([dark, middle, bright], -100, 200))[..., 0]
    row = picture[picture.shape[0] // 4]
    third = len(row) // 3
    centres = [int(row[place]) for place in (third // 4, third + third // 4, 2 * third + third // 4)]
    assert centres == pytest.approx([0, 128, 255], abs=4)  # JPEG


def test_an_outline_is_drawn_in_its_colour_also_at_the_edge():
    mask = np.ones((20, 20), bool)
    picture = pixels(strip([blank((20, 20), (1.0, 1.0), 0.0, [Outline(mask, "#ff0000", width=3)])], 0, 1)).astype(int)
    red = (picture[..., 0] > 150) & (picture[..., 1] < 80)
    middle = red[drawing.PIXELS // 4]
    assert middle[: drawing.PIXELS // 20].any()
    assert middle[-drawing.PIXELS // 20 :].any()
    assert not middle[drawing.PIXELS // 4 : -drawing.PIXELS // 4].any()


def test_an_empty_mask_draws_nothing():
    bare = strip([blank((20, 20), (1.0, 1.0), 0.0)], 0, 1)
    outlined = strip([blank((20, 20), (1.0, 1.0), 0.0, [Outline(np.zeros((20, 20), bool), "#ff0000", fill=0.5)])], 0, 1)
    assert bare == outlined


def test_letters_and_label_are_written_where_they_belong(monkeypatch):
    written = []
    monkeypatch.setattr(drawing, "_write", lambda axes, x, y, text, size, **style: written.append((text, x, y)))
    strip([blank((10, 10), (1.0, 1.0))], 0, 1)
    places = {text: (x, y) for text, x, y in written}
    assert places["R"][0] < 0.1 < 0.9 < places["L"][0]
    assert places["I"][1] < 0.1 < 0.9 < places["S"][1]
    assert "j = 3" in places


def test_lines_lie_where_the_picture_has_their_region():
    region = np.zeros((30, 40), bool)
    region[10:20, 5:15] = True
    picture = np.where(region, 1.0, 0.0).astype(np.float32)
    panels = [
        Panel(picture[:20, :20], (1.0, 1.0), "RLSI", "", []),
        Panel(picture, (1.0, 2.0), "RLSI", "", [Outline(region, "#ff0000")]),
    ]
    root = ElementTree.fromstring(outlines_svg(panels, 2, "a < b"))
    width, height, (_, (left, top)) = layout(panels, 2)
    assert root.get("viewBox") == f"0 0 {width:.1f} {height:.1f}"
    assert (width, height, left, top) == (20 + GAP_MM + 40, 60, 20 + GAP_MM, 0)
    (path,) = root
    points = np.array([[float(n) for n in pair.split()] for pair in re.findall(r"[ML]([-\d. ]+)", path.get("d"))])
    np.testing.assert_allclose(points.min(axis=0) - (left, top), [5, 20], atol=0.51)
    np.testing.assert_allclose(points.max(axis=0) - (left, top), [15, 40], atol=1.01)
    drawn = pixels(strip(panels, 0, 1))[..., 0] > 128
    scale = drawn.shape[1] / width
    band = drawn[round(22 * scale) : round(26 * scale), round(left * scale) :]  # between the letters
    columns = np.nonzero(band.all(axis=0))[0] / scale
    assert (columns.min(), columns.max()) == pytest.approx((5, 15), abs=1)


def test_panels_of_several_rows_do_not_meet():
    panels = [blank((10, 20), (1.0, 1.0)) for _ in range(3)]
    width, height, places = layout(panels, 2)
    assert (width, height) == (40 + GAP_MM, 20 + GAP_MM)
    assert places[2] == ((width - 20) / 2, 10 + GAP_MM)
