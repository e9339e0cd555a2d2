"""Manhattan plots: every association of a modality, by category, the other modality grey beneath.

Hundreds of thousands of points are thinned to one a pixel before they are drawn, which changes nothing that an eye can
see. The height is the root of -log10 P, so that 3 and 1,700 stand in one plot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nipype_qsm.kernels.cohort.modalities import QSM, T2STAR, modality

COLOURS = ("#1f6f8b", "#c2571a", "#5b7f2b", "#7a4f9a", "#a8852a", "#2f8f74", "#b0413e", "#4a6fa5")
GREY = "#c4c8cc"
TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000)
FEW_POINTS = 20_000
"""Up to here points are drawn larger."""
COLUMNS, ROWS = 3000, 1200
"""Pixels that points are thinned to."""


def by_category(phenotypes: Sequence[str], categories: Sequence[str]) -> tuple[np.ndarray, list[tuple[str, int, int]]]:
    """Return each phenotype's place along the axis, and (category, first place, end) of each category.

    Parameters
    ----------
    phenotypes, categories : sequence of str
        Of equal length.
    """
    order = sorted(range(len(phenotypes)), key=lambda k: (categories[k], k))
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    spans: list[tuple[str, int, int]] = []
    for position, k in enumerate(order):
        if not spans or spans[-1][0] != categories[k]:
            spans.append((categories[k], position, position + 1))
        else:
            spans[-1] = (*spans[-1][:2], position + 1)
    return place, spans


def thinned(x: np.ndarray, y: np.ndarray, columns: int = COLUMNS, rows: int = ROWS) -> np.ndarray:
    """Return which points to draw so that every pixel that has one has one.

    Parameters
    ----------
    x, y : array
    columns, rows : int
    """
    if not x.size:
        return np.empty(0, int)
    across = np.round((x - x.min()) / (np.ptp(x) or 1) * (columns - 1)).astype(np.int64)
    up = np.round((y - y.min()) / (np.ptp(y) or 1) * (rows - 1)).astype(np.int64)
    return np.unique(across * rows + up, return_index=True)[1]


def manhattan(
    mlog10p: np.ndarray,
    idps: Sequence[str],
    phenotypes: Sequence[str],
    categories: Sequence[str],
    *,
    bonferroni: float,
    fdr: float,
) -> Figure:
    """Draw a panel for each modality.

    Parameters
    ----------
    mlog10p : (idps, phenotypes) float array
    idps, phenotypes, categories : sequence of str
    bonferroni, fdr : float
        Thresholds, -log10 P.
    """
    place, spans = by_category(phenotypes, categories)
    kinds = np.array([modality(name) for name in idps])
    panels = [kind for kind in (QSM, T2STAR) if (kinds == kind).any()] or ["all"]
    figure = Figure(figsize=(11, 0.6 + 3.4 * len(panels)), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    drawn = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    top = max(float(np.nanmax(mlog10p, initial=1.0, where=np.isfinite(mlog10p))), bonferroni) * 1.1
    for axes, kind in zip(drawn, panels, strict=True):
        if len(panels) == 2:
            _points(axes, mlog10p[(kinds != kind) & (kinds != "other")], place, spans, [GREY])
        _points(axes, mlog10p[kinds == kind] if kind != "all" else mlog10p, place, spans, COLOURS)
        axes.axhline(np.sqrt(bonferroni), color="#333", linewidth=0.8, label=f"Bonferroni {bonferroni:.2f}")
        if np.isfinite(fdr):
            axes.axhline(np.sqrt(fdr), color="#333", linewidth=0.8, linestyle=":", label=f"FDR {fdr:.2f}")
        axes.set(ylabel=f"{kind}: \N{MINUS SIGN}log$_{{10}}$ P", ylim=(0, np.sqrt(top)), xlim=(-1, len(phenotypes)))
        axes.set_yticks(
            [np.sqrt(tick) for tick in TICKS if tick <= top], [f"{tick:,}" for tick in TICKS if tick <= top]
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper right", frameon=False, fontsize=8)
    middles = [(first + end) / 2 for _, first, end in spans]
    names = [name if (end - first) > 0.012 * len(phenotypes) or len(spans) < 12 else "" for name, first, end in spans]
    drawn[-1].set_xticks(middles, names, rotation=40, ha="right", fontsize=8)
    drawn[-1].tick_params(axis="x", length=0)
    return figure


def _points(
    axes: Any, mlog10p: np.ndarray, place: np.ndarray, spans: list[tuple[str, int, int]], colours: Sequence[str]
) -> None:
    x, y = np.broadcast_to(place, mlog10p.shape).ravel(), np.sqrt(mlog10p.ravel())
    known = np.isfinite(y)
    x, y = x[known], y[known]
    kept = thinned(x, y)
    x, y = x[kept], y[kept]
    group = np.searchsorted([end for _, _, end in spans], x, side="right")
    picked = np.array(colours, dtype=object)[group % len(colours)]
    size = 2.2 if x.size > FEW_POINTS else 3.5
    for colour in dict.fromkeys(colours):
        axes.plot(x[picked == colour], y[picked == colour], ".", color=colour, markersize=size, rasterized=True)
