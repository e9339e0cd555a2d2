"""Figures of a cohort's phenotypes: one against another, over age, and what confounds explain of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from nipype_qsm.reports.modality_figures import FIRST, SECOND, blank

BINS = 12


def against(
    x: np.ndarray, y: np.ndarray, *, across: str, up: str, after: np.ndarray | None = None, after_label: str = "after"
) -> Figure:
    """Draw one measure against another as a density with its trend; with `after`, before and after side by side.

    Parameters
    ----------
    x, y : array
        NaN where missing.
    across, up : str
        Quantity and unit.
    after : array, optional
        y after a correction, such as T2* without the field gradient.
    after_label : str
    """
    figure, axes = blank(6.0 if after is None else 9.0, 4.0)
    panels = [(axes, y, "" if after is None else "before")]
    if after is not None:
        figure.delaxes(axes)
        first, second = figure.subplots(1, 2, sharex=True, sharey=True)
        panels = [(first, y, "before"), (second, after, after_label)]
    for axis, values, which in panels:
        title = which
        both = np.isfinite(x) & np.isfinite(values)
        u, v = x[both], values[both]
        if u.size > 3000:
            axis.hexbin(u, v, gridsize=60, mincnt=1, bins="log", cmap="Greys", linewidths=0)
        else:
            axis.plot(u, v, ".", color="#9aa1a8", markersize=3)
        if u.size > 2 and np.ptp(u) > 0 and np.ptp(v) > 0:
            r = float(np.corrcoef(u, v)[0, 1])
            ends = np.array([u.min(), u.max()])
            axis.plot(ends, v.mean() + r * v.std() / u.std() * (ends - u.mean()), color=SECOND, linewidth=1.6)
            title = f"{title}  r = {r:.3f}, n = {u.size:,}".strip().replace("-", "\N{MINUS SIGN}")
        axis.set_title(title, fontsize=10)
        axis.set(xlabel=across)
        axis.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel(up)
    return figure


def age_curves(age: np.ndarray, values: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw the course of each phenotype over age: the mean of each twelfth of the subjects, and its standard error.

    Parameters
    ----------
    age : (subjects,) array, years
    values : (subjects, columns) array
        NaN where missing.
    names : sequence of str
    """
    columns = min(4, max(1, len(names)))
    rows = -(-len(names) // columns)
    figure, axes = blank(2.7 * columns, 0.5 + 2.1 * rows)
    figure.delaxes(axes)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    for axis, name, column in zip(panels, names, np.asarray(values).T, strict=False):
        both = np.isfinite(age) & np.isfinite(column)
        order = np.argsort(age[both], kind="stable")
        parts = [part for part in np.array_split(order, BINS) if part.size > 1]
        middle = np.array([age[both][part].mean() for part in parts])
        mean = np.array([column[both][part].mean() for part in parts])
        error = np.array([column[both][part].std(ddof=1) / np.sqrt(part.size) for part in parts])
        axis.fill_between(middle, mean - error, mean + error, color=FIRST, alpha=0.25, linewidth=0)
        axis.plot(middle, mean, color=FIRST, linewidth=1.5)
        axis.set_title(name, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in panels[len(names) :]:
        axis.set_visible(False)
    for axis in panels[-columns:]:
        axis.set_xlabel("age [years]", fontsize=8)
    return figure


def confound_effects(share: np.ndarray, idps: Sequence[str], confounds: Sequence[str], *, n_shown: int = 30) -> Figure:
    """Draw what the strongest confounds explain of each phenotype.

    Parameters
    ----------
    share : (idps, confounds) array, percent of variance
    idps, confounds : sequence of str
    n_shown : int
        Confounds, by their mean over phenotypes.
    """
    order = np.argsort(-share.mean(axis=0), kind="stable")[:n_shown]
    figure, axes = blank(2.2 + 0.24 * len(order), 1.4 + 0.18 * len(idps))
    shown = axes.pcolormesh(np.sqrt(share[:, order]), cmap="YlGnBu", vmin=0)
    axes.set_xticks(np.arange(len(order)) + 0.5, [confounds[k] for k in order], rotation=60, ha="right", fontsize=7)
    axes.set_yticks(np.arange(len(idps)) + 0.5, idps, fontsize=7)
    axes.invert_yaxis()
    bar = figure.colorbar(shown, ax=axes, label="variance explained [%]")
    ticks = [float(tick) for tick in bar.get_ticks() if tick >= 0]
    bar.set_ticks(ticks, labels=[f"{tick**2:.1f}" for tick in ticks])
    return figure
