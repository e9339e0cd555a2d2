"""Susceptibility beside T2*: Bland-Altman and angle plots, and how reproducible each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FIRST, SECOND, NEITHER = "#1f6f8b", "#c2571a", "#9aa1a8"
EXCLUSIVE = float(np.degrees(np.arctan(2.0)))


def blank(width: float = 6.0, height: float = 4.2) -> tuple[Figure, Any]:
    """Return a figure with one empty plot, inches."""
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def bland_altman_plot(mean: np.ndarray, difference: np.ndarray, *, threshold: float) -> Figure:
    """Draw the difference of -log10 P against the mean, coloured by who passes the threshold.

    Parameters
    ----------
    mean, difference : array
        Of -log10 P; difference is susceptibility minus T2*.
    threshold : float
        -log10 P.
    """
    figure, axes = blank()
    qsm, t2star = mean + difference / 2, mean - difference / 2
    for chosen, colour, label in (
        ((qsm < threshold) & (t2star < threshold), NEITHER, None),
        ((t2star >= threshold) & (qsm < threshold), SECOND, "T2* alone"),
        ((qsm >= threshold) & (t2star < threshold), FIRST, "susceptibility alone"),
        ((qsm >= threshold) & (t2star >= threshold), "#222222", "both"),
    ):
        named = None if label is None else f"{label} ({int(chosen.sum()):,})"
        axes.plot(mean[chosen], difference[chosen], ".", color=colour, markersize=3, label=named, rasterized=True)
    axes.axhline(0, color="#666", linewidth=0.7)
    reach = float(np.abs(difference).max(initial=1.0)) * 1.05
    axes.set(
        xlabel="mean \N{MINUS SIGN}log$_{10}$ P",
        ylabel="difference, susceptibility \N{MINUS SIGN} T2*",
        ylim=(-reach, reach),
    )
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def angle_plot(
    angle: np.ndarray, strength: np.ndarray, columns: Sequence[str], *, threshold: float, n_bins: int = 36
) -> Figure:
    """Draw each column's angles, strongest shade where the mean -log10 P is largest.

    Parameters
    ----------
    angle : array, degree
        Of each phenotype and region.
    strength : array
        The larger -log10 P of the two; those below the threshold are left out.
    columns : sequence of str
        Category or phenotype of each; columns with most findings come first.
    threshold : float
    n_bins : int
    """
    kept = (strength >= threshold) & np.isfinite(angle)
    names, place = np.unique(np.array(columns)[kept], return_inverse=True)
    counts = np.bincount(place, minlength=names.size)
    order = np.argsort(-counts, kind="stable")[:40]
    figure, axes = blank(max(4.0, 1.6 + 0.28 * len(order)), 4.6)
    edges = np.linspace(-EXCLUSIVE, EXCLUSIVE, n_bins + 1)
    shade = np.full((n_bins, len(order)), np.nan)
    for x, column in enumerate(order):
        inside = place == column
        row = np.clip(np.digitize(angle[kept][inside], edges) - 1, 0, n_bins - 1)
        for k in set(row.tolist()):
            shade[k, x] = strength[kept][inside][row == k].mean()
    top = float(np.sqrt(np.nanmax(shade, initial=1.0)))
    shown = axes.pcolormesh(np.arange(len(order) + 1) - 0.5, edges, np.sqrt(shade), cmap="YlGnBu", vmin=0, vmax=top)
    axes.axhline(0, color="#666", linewidth=0.7)
    axes.set_yticks(
        [-EXCLUSIVE, 0, EXCLUSIVE], ["T2* alone\n\N{MINUS SIGN}63°", "both\n0°", "susceptibility\nalone 63°"]
    )
    axes.set_xticks(range(len(order)), [str(names[k])[:28] for k in order], rotation=50, ha="right", fontsize=7)
    if len(order):
        bar = figure.colorbar(shown, ax=axes, label="mean \N{MINUS SIGN}log$_{10}$ P")
        ticks = [tick for tick in bar.get_ticks() if 0 <= tick <= top]
        bar.set_ticks(ticks, labels=[f"{tick**2:.0f}" for tick in ticks])
    return figure


def reproducibility_bars(
    names: Sequence[str], r: np.ndarray, low: np.ndarray, high: np.ndarray, groups: Sequence[str]
) -> Figure:
    """Draw the correlation between two visits as bars with their intervals, a colour a group.

    Parameters
    ----------
    names : sequence of str
        Regions.
    r, low, high : array
    groups : sequence of str
        Modality or reference of each.
    """
    places, kinds = list(dict.fromkeys(names)), list(dict.fromkeys(groups))
    colours = [FIRST, SECOND, "#5b7f2b", "#7a4f9a", "#a8852a", "#2f8f74"]
    figure, axes = blank(max(5.0, 1.2 + 0.42 * len(places)), 4.2)
    width = 0.8 / max(len(kinds), 1)
    for k, kind in enumerate(kinds):
        chosen = [n for n, group in enumerate(groups) if group == kind]
        x = [places.index(names[n]) + (k - (len(kinds) - 1) / 2) * width for n in chosen]
        error = np.abs(np.nan_to_num([r[chosen] - low[chosen], high[chosen] - r[chosen]]))
        style = {"error_kw": {"linewidth": 0.8, "ecolor": "#333"}, "label": kind}
        axes.bar(x, r[chosen], width * 0.92, yerr=error, color=colours[k % len(colours)], **style)
    axes.set_xticks(range(len(places)), places, rotation=50, ha="right", fontsize=8)
    axes.set(ylabel="r between two visits", ylim=(min(0.0, float(np.nanmin(low, initial=0.0))), 1))
    axes.legend(frameon=False, fontsize=8, ncols=min(3, len(kinds)), loc="lower right", bbox_to_anchor=(1, 1))
    return figure
