"""The picture of two maps against each other: slices and their difference, Bland and Altman, medians of regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nipype_qsm.io import atomically
from nipype_qsm.kernels.quality.comparison import Comparison

MOST_POINTS = 20_000
GREYS = (2, 98)
"""Percentiles of the maps that are black and white."""


def draw_comparison(
    ours: np.ndarray,
    theirs: np.ndarray,
    mask: np.ndarray,
    found: Comparison,
    path: Path,
    *,
    unit: str = "ppb",
) -> Path:
    """Draw two maps against each other.

    Parameters
    ----------
    ours, theirs : (x, y, z) float arrays
    mask : (x, y, z) bool array
    found : Comparison
    path : Path
        A PNG file.
    unit : str
    """
    rows, medians = found
    figure = Figure(figsize=(12, 7.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 6).ravel()
    for one in axes:
        one.remove()
    grid = axes[0].get_gridspec()
    _slices([figure.add_subplot(grid[0, 2 * n : 2 * n + 2]) for n in range(3)], ours, theirs, mask, unit)
    _bland_altman(figure.add_subplot(grid[1, :3]), ours[mask], theirs[mask], rows[0], unit)
    _regions(figure.add_subplot(grid[1, 3:]), rows[1:] or rows, medians if len(rows) > 1 else rows[0], unit)
    with atomically(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def _slices(axes: Sequence[Any], ours: np.ndarray, theirs: np.ndarray, mask: np.ndarray, unit: str) -> None:
    middle = int(np.argmax(mask.sum(axis=(0, 1))))
    low, high = np.percentile(theirs[mask], GREYS)
    spread = max(float(np.percentile(np.abs(ours - theirs)[mask], 98)), 1e-6)
    pictures = [
        (ours, "ours", "gray", low, high),
        (theirs, "theirs", "gray", low, high),
        (ours - theirs, "ours - theirs", "RdBu_r", -spread, spread),
    ]
    for one, (volume, title, colours, least, most) in zip(axes, pictures, strict=True):
        shown = np.where(mask[:, :, middle], volume[:, :, middle], np.nan)
        image = one.imshow(np.rot90(shown), cmap=colours, vmin=least, vmax=most, interpolation="nearest")
        one.set_title(f"{title} [{unit}]")
        one.set_axis_off()
        one.figure.colorbar(image, ax=one, shrink=0.7)


def _bland_altman(axis: Any, ours: np.ndarray, theirs: np.ndarray, row: Mapping[str, Any], unit: str) -> None:
    step = max(1, ours.size // MOST_POINTS)
    mean, difference = (ours[::step] + theirs[::step]) / 2, ours[::step] - theirs[::step]
    axis.plot(mean, difference, ".", markersize=1.5, alpha=0.3, color="#1f6f8b", rasterized=True)
    for name, style in (("bias", "-"), ("low", "--"), ("high", "--")):
        axis.axhline(row[name], linestyle=style, color="#b3261e", linewidth=1)
    axis.set(xlabel=f"mean of ours and theirs [{unit}]", ylabel=f"ours - theirs [{unit}]")
    axis.set_title(f"voxels: bias {row['bias']:.3g}, limits {row['low']:.3g} to {row['high']:.3g} {unit}")


def _regions(axis: Any, rows: Sequence[Mapping[str, Any]], fit: Mapping[str, float], unit: str) -> None:
    ours, theirs = (np.array([row[side] for row in rows], float) for side in ("ours", "theirs"))
    ends = np.array([np.nanmin([ours, theirs]), np.nanmax([ours, theirs])]) if np.isfinite(ours).any() else np.zeros(2)
    axis.plot(ends, ends, color="#9aa0a6", linewidth=1, label="equal")
    if np.isfinite(fit["slope"]):
        axis.plot(ends, fit["slope"] * ends + fit["intercept"], color="#b3261e", linewidth=1, label="fit")
    axis.plot(theirs, ours, "o", color="#1f6f8b", markersize=5)
    axis.set(xlabel=f"theirs, median [{unit}]", ylabel=f"ours, median [{unit}]")
    axis.set_title(f"regions: slope {fit['slope']:.3f}, r {fit['r']:.3f}")
    axis.legend(frameon=False)
