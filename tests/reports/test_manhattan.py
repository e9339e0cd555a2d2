import numpy as np

from nipype_qsm.reports.manhattan import by_category, manhattan, thinned


def test_phenotypes_stand_by_category_in_their_own_order():
    place, spans = by_category(["a", "b", "c", "d"], ["diet", "blood", "diet", "blood"])
    assert place.tolist() == [2, 0, 3, 1]
    assert spans == [("blood", 0, 2), ("diet", 2, 4)]


def test_thinning_keeps_one_point_in_every_pixel_that_has_one(rng):
    x, y = rng.uniform(0, 1, (2, 20000))
    kept = thinned(x, y, 30, 20)
    assert kept.size < 620
    pixels = {tuple(one) for one in np.round(np.column_stack([x * 29, y * 19])).astype(int)}
    assert kept.size >= 0.97 * len(pixels)  # the grid ends at the outermost points: 600 of 600


def test_each_modality_has_a_panel_with_the_other_beneath(rng):
    p = rng.exponential(size=(3, 50))
    p[0, 7], p[1, 3], p[2, 2] = 1700.0, np.nan, np.inf
    figure = manhattan(p, ["QSM_SN", "T2_SN", "WMH_volume"], [str(k) for k in range(50)], ["x"] * 25 + ["y"] * 25,
                       bonferroni=3.5, fdr=2.0)  # fmt: skip
    first, second = figure.axes
    assert first.get_ylabel().startswith("QSM")
    assert second.get_ylabel().startswith("T2*")
    assert [text.get_text() for text in second.get_xticklabels()] == ["x", "y"]
    assert first.get_ylim()[1] ** 2 > 1700
    figure.canvas.draw()


def test_names_without_modality_have_one_panel_and_nothing_found_no_line(rng):
    figure = manhattan(
        rng.exponential(size=(2, 9)), ["a", "b"], list("abcdefghi"), ["x"] * 9, bonferroni=3.0, fdr=np.inf
    )
    (axes,) = figure.axes
    assert [line.get_text() for line in axes.get_legend().get_texts()] == ["Bonferroni 3.00"]
