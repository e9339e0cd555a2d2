import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.reports.charts import Mark, Ranged, histogram, nice_ticks, number_text, ranges, scatter


@given(low=st.floats(-1e4, 1e4), span=st.floats(1e-3, 1e5), count=st.integers(3, 8))
def test_ticks_are_few_even_and_inside(low, span, count):
    ticks = nice_ticks(low, low + span, count)
    assert 1 <= len(ticks) <= count + 2
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    assert np.allclose(np.diff(ticks, 2), 0, atol=1e-6 * span)


def test_numbers_are_written_for_people():
    assert number_text(-1500.0) == "\N{MINUS SIGN}1\N{NARROW NO-BREAK SPACE}500"
    assert number_text(0.25) == "0.25"


def test_the_histogram_is_as_high_as_its_counts():
    chart = histogram(np.array([0.5, 0.5, 0.5, 2.5]), 0, 3, axis_label="x, ppb", sentence="s", n_bins=3)
    points = re.search(r'points="([^"]+)"', chart).group(1).split()
    heights = [float(point.split(",")[1]) for point in points]
    base = max(heights)
    assert (base - heights[1]) / (base - heights[5]) == pytest.approx(3, rel=0.01)
    assert heights[3] == base


def test_a_mark_outside_the_axis_is_left_out():
    inside = histogram(np.zeros(3), -1, 1, axis_label="x", sentence="s", marks=[Mark(0.5, "here")])
    outside = histogram(np.zeros(3), -1, 1, axis_label="x", sentence="s", marks=[Mark(5, "here")])
    assert "here" in inside
    assert "here" not in outside


def test_charts_are_well_formed_and_escape_names():
    hostile = '<script>"&'
    for chart in (
        histogram(np.arange(9.0), 0, 9, axis_label=hostile, sentence=hostile, marks=[Mark(3, hostile)]),
        scatter([1.0, 2.0], [1.5, 2.5], [hostile, "b"], unit=hostile, sentence=hostile),
        scatter([0.0], [0.0], ["alone at zero"], unit="ppb", sentence="s"),
        histogram(np.array([]), 0, 1, axis_label="nothing", sentence="s"),
        ranges([Ranged(hostile, 0, 1, (0.5, 2.0))], axis_label=hostile, sentence=hostile),
    ):
        root = ElementTree.fromstring(chart)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert "<script" not in chart


def test_points_on_the_line_of_identity_are_drawn_on_it():
    chart = scatter([10.0, 90.0], [10.0, 90.0], ["a", "b"], unit="ppb", sentence="s")
    line = [float(v) for v in re.search(r'class="line" x1="(.+?)" y1="(.+?)" x2="(.+?)" y2="(.+?)"', chart).groups()]
    slope = (line[3] - line[1]) / (line[2] - line[0])
    for x, y in re.findall(r'cx="(.+?)" cy="(.+?)"', chart):
        assert float(y) == pytest.approx(line[1] + slope * (float(x) - line[0]), abs=0.15)


def test_dots_lie_on_the_axis_of_their_ranges_and_those_beyond_are_marked():
    chart = ranges([Ranged("a", 0, 100, (50.0, 100.0)), Ranged("b", 0, 100, (150.0,))], axis_label="x", sentence="s")
    starts, widths = (
        [float(v) for v in re.findall(pattern, chart)]
        for pattern in (r'<rect[^>]* x="(.+?)"', r'<rect[^>]* width="(.+?)"')
    )
    dots = re.findall(r'class="(dot.*?)" cx="(.+?)"', chart)
    assert [kind for kind, _ in dots] == ["dot", "dot", "dot beyond"]
    assert float(dots[0][1]) == pytest.approx(starts[0] + widths[0] / 2, abs=0.2)
    assert float(dots[2][1]) == pytest.approx(starts[0] + 1.5 * widths[0], abs=0.2)
    assert "a left: 50.0, usually 0 to 100" in chart
    assert "b : 150.0" not in chart
