"""Maps of association over a template: red to yellow where a voxel rises with the variable, blue where it falls.

Voxels below the threshold are left to the template, so that what is coloured is what is claimed. One view is made from
the brain, and every map is cut by it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from nipype_qsm.reports.drawing import layout, panel
from nipype_qsm.reports.view import ACROSS, Plane, View

RISING = LinearSegmentedColormap.from_list("rising", ["#c40000", "#ff6a00", "#ffff54"])
FALLING = LinearSegmentedColormap.from_list("falling", ["#0038c8", "#0096ff", "#8cf5ff"])
N_MOSAIC, PER_ROW = 18, 6
WIDTH = 10.0
"""Of a figure, inches."""

BAR = 0.75
"""Height of what stands below the pictures, inches."""


class Overlay(NamedTuple):
    """A map over a template.

    Parameters
    ----------
    name : str
        Of the variable.
    r, mlog10p : (x, y, z) float array
    threshold : float, -log10 P
        From here on voxels are coloured.
    rule : str
        What the threshold is, in words.
    """

    name: str
    r: np.ndarray
    mlog10p: np.ndarray
    threshold: float
    rule: str


def orthogonal(overlay: Overlay, background: np.ndarray, mask: np.ndarray, affine: np.ndarray) -> Figure:
    """Draw three planes through the strongest voxel.

    Parameters
    ----------
    overlay : Overlay
    background : (x, y, z) float array
    mask : (x, y, z) bool array
    affine : (4, 4) float array
    """
    view = View.of(mask, affine)
    return _drawn(overlay, background, mask, view, planes_at(view, peak(overlay.mlog10p, mask)), affine)


def mosaic(overlay: Overlay, background: np.ndarray, mask: np.ndarray, affine: np.ndarray) -> Figure:
    """Draw axial planes from bottom to top.

    Parameters
    ----------
    overlay, background, mask, affine
        As in `orthogonal`.
    """
    view = View.of(mask, affine)
    return _drawn(overlay, background, mask, view, view.mosaic(N_MOSAIC), affine)


def peak(mlog10p: np.ndarray, mask: np.ndarray) -> tuple[int, ...]:
    """Return the voxel of the largest -log10 P.

    Parameters
    ----------
    mlog10p : (x, y, z) float array
        NaN where there is none.
    mask : (x, y, z) bool array
    """
    known = np.where(mask & ~np.isnan(mlog10p), mlog10p, -1)
    return tuple(int(k) for k in np.unravel_index(np.argmax(known), known.shape))


def planes_at(view: View, voxel: tuple[int, ...]) -> list[Plane]:
    """Return the three planes through a voxel of the stored volume.

    Parameters
    ----------
    view : View
    voxel : (3,) int
    """
    turned = [
        view.size[axis] - 1 - voxel[stored] if view.mirrored[axis] else voxel[stored]
        for axis, stored in enumerate(view.order)
    ]
    return [Plane(name, turned[ACROSS[name]]) for name in ("axial", "coronal", "sagittal")]


def window(values: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """Return the grey window of a template: nearly all of the brain.

    Parameters
    ----------
    values : (x, y, z) float array
    mask : (x, y, z) bool array
    """
    inside = values[mask & np.isfinite(values)]
    low, high = np.percentile(inside, [1, 99.5]) if inside.size else (0.0, 1.0)
    return float(low), float(high) if high > low else float(low) + 1.0


def _drawn(
    overlay: Overlay, background: np.ndarray, mask: np.ndarray, view: View, planes: list[Plane], affine: np.ndarray
) -> Figure:
    low, high = window(background, mask)
    shown = mask & (overlay.mlog10p >= overlay.threshold)
    strength = np.abs(overlay.r[shown])
    limits = (float(strength.min()), float(np.percentile(strength, 99.5))) if strength.size else (0.0, 1.0)
    panels = [panel(view, plane, np.where(mask, background, np.nan)) for plane in planes]
    width, height, places = layout(panels, PER_ROW)
    tall = WIDTH * height / width
    figure = Figure(figsize=(WIDTH, tall + BAR), dpi=150, facecolor="black")
    FigureCanvasAgg(figure)
    for one, plane, (left, top) in zip(panels, planes, places, strict=True):
        wide, deep = one.size_mm
        place = (left / width, 1 - (top + deep) / height * tall / (tall + BAR))
        axes = figure.add_axes((*place, wide / width, deep / height * tall / (tall + BAR)), facecolor="black")
        box: Any = {"extent": (0, wide, 0, deep), "interpolation": "nearest"}
        axes.imshow(one.picture, cmap="gray", vmin=low, vmax=high, **box)
        r, coloured = view.cut(overlay.r, plane), view.cut(shown, plane)
        for colours, chosen in ((RISING, coloured & (r > 0)), (FALLING, coloured & (r < 0))):
            values = np.ma.masked_where(~chosen, np.abs(r))
            axes.imshow(values, cmap=colours, vmin=limits[0], vmax=max(limits[1], limits[0] + 1e-6), **box)
        axes.set_axis_off()
        for x, align, letter in ((0.02, "left", one.letters[0]), (0.98, "right", one.letters[1])):
            axes.text(x, 0.5, letter, transform=axes.transAxes, color="white", ha=align, va="center", fontsize=9)
        label = _millimetres(view, plane, affine)
        axes.text(0.98, 0.01, label, transform=axes.transAxes, color="#d0d0d0", ha="right", va="bottom", fontsize=8)
    _legend(figure, overlay, limits, bool(strength.size), BAR / (tall + BAR))
    return figure


def _legend(figure: Figure, overlay: Overlay, limits: tuple[float, float], found: bool, height: float) -> None:
    told = overlay.rule if found else f"{overlay.rule}: no voxel reaches it"
    figure.text(0.01, height * 0.45, overlay.name, color="white", fontsize=11, weight="bold", va="bottom")
    figure.text(0.01, height * 0.12, told, color="#d0d0d0", fontsize=8.5, va="bottom")
    bars: tuple[tuple[float, Colormap, str], ...] = ((0.52, FALLING, "r < 0"), (0.78, RISING, "r > 0"))
    for left, colours, name in bars if found else ():
        axes = figure.add_axes((left, height * 0.52, 0.19, height * 0.2))
        scale = Normalize(*limits)
        bar = figure.colorbar(ScalarMappable(scale, colours), cax=axes, orientation="horizontal", ticks=list(limits))
        bar.outline.set_edgecolor("#808080")  # type: ignore[operator]
        axes.invert_xaxis() if colours is FALLING else None
        sign = "" if colours is RISING else "\N{MINUS SIGN}"
        axes.set_xticks(sorted(limits), [f"{sign}{value:.3f}" for value in sorted(limits)], color="white", fontsize=8)
        axes.tick_params(color="#808080", length=2, pad=2)
        axes.set_title(name, color="#d0d0d0", fontsize=8, pad=2)


def _millimetres(view: View, plane: Plane, affine: np.ndarray) -> str:
    """Return where a plane is in the space of the maps."""
    axis = ACROSS[plane.orientation]
    stored = view.order[axis]
    place = [(size - 1) / 2 for size in (view.size[view.order.index(k)] for k in range(3))]
    place[stored] = view.size[axis] - 1 - plane.index if view.mirrored[axis] else plane.index
    value = float((affine @ [*place, 1.0])[axis])
    return f"{'xyz'[axis]} = {value:.0f}".replace("-", "\N{MINUS SIGN}")
