import numpy as np

from nipype_qsm.reports.modality_figures import angle_plot, bland_altman_plot, reproducibility_bars


def test_findings_are_counted_by_who_sees_them():
    qsm, t2star = np.array([9.0, 9, 1, 1]), np.array([1.0, 9, 9, 1])
    figure = bland_altman_plot((qsm + t2star) / 2, qsm - t2star, threshold=7)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["T2* alone (1)", "susceptibility alone (1)", "both (1)"]
    figure.canvas.draw()


def test_columns_with_most_findings_come_first_and_weak_ones_are_left_out():
    angle, strength = np.array([60.0, 50, 0, -60, 10]), np.array([9.0, 20, 9, 9, 1])
    figure = angle_plot(angle, strength, ["blood", "diet", "diet", "diet", "sleep"], threshold=7)
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["diet", "blood"]
    figure.canvas.draw()


def test_nothing_found_is_an_empty_plot():
    angle_plot(np.array([1.0]), np.array([1.0]), ["a"], threshold=7).canvas.draw()


def test_bars_stand_by_region_with_their_intervals():
    r = np.array([0.8, 0.9, 0.7])
    figure = reproducibility_bars(
        ["SN", "SN", "WMH"], r, r - 0.1, np.array([0.85, np.nan, 0.75]), ["QSM", "T2*", "QSM"]
    )
    axes = figure.axes[0]
    assert sorted(bar.get_height() for bar in axes.patches) == [0.7, 0.8, 0.9]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["SN", "WMH"]
    figure.canvas.draw()
