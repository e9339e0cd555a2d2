"""The pictures of a report, drawn while the volumes pass by one at a time.

Each function loads what it needs, keeps a handful of planes and a few numbers, and lets the volume go, so that a
report needs the memory of one volume and the masks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.reports import drawing
from nipype_qsm.reports.checks import Measured
from nipype_qsm.reports.displays import DATAFLOW, DISPLAYS, Display, window_of
from nipype_qsm.reports.drawing import Outline, Panel, panel, strip
from nipype_qsm.reports.measures import jump_share, shading, spread
from nipype_qsm.reports.outputs import MASKS, Outputs, is_number
from nipype_qsm.reports.page import Html, figure, join, number, paragraph, scale, tag
from nipype_qsm.reports.view import Plane, View
from nipype_qsm.units import seconds_to_milliseconds

MASK_COLOURS = {
    "mask_brain": "#4cc9f0",
    "mask_reliable": "#ffd166",
    "mask_local": "#ff5d8f",
    "mask_tissue": "#3df56f",
}
REFERENCE_COLOUR = "#ff9f1c"
N_MOSAIC = 12
FULL_WIDTH = 15
"""Pictures of steps that are drawn at full width: those of two echoes."""

MAGNITUDES = ("magnitude_combined", "magnitude", "t2star", "chi_referenced", "chi")
"""What masks are drawn over: the first that is there."""


@dataclass
class Studio:
    """Everything that drawing needs.

    Parameters
    ----------
    outputs : Outputs
    view : View
    masks : dict of bool arrays
    measured : Measured
        Filled while the volumes pass.
    pixels : int
        Width of a picture: less where there are many, so that the page stays small.
    """

    outputs: Outputs
    view: View
    masks: dict[str, np.ndarray]
    measured: Measured
    pixels: int = 0

    def mask(self, *names: str) -> np.ndarray | None:
        """Return the first mask there is."""
        return next((self.masks[name] for name in names if name in self.masks), None)


def open_studio(outputs: Outputs) -> Studio | None:
    """Load the masks and choose the view; None when no volume can be read."""
    masks = outputs.load_masks()
    region = next((masks[name] for name in MASKS if name in masks), None)
    if region is None:
        region = _head(outputs)
    if region is None or outputs.frame is None:
        return None
    n_pictures = sum(1 for quantity, _ in outputs.files if quantity in DATAFLOW)
    pixels = round(drawing.PIXELS * min(1.0, (FULL_WIDTH / max(1, n_pictures)) ** 0.5))
    return Studio(outputs, View.of(region, outputs.frame.affine), masks, Measured(), pixels)


def _head(outputs: Outputs) -> np.ndarray | None:
    """Return where the first readable volume has signal."""
    for quantity, echo in list(outputs.files):
        volume = outputs.load(quantity, echo)
        if volume is not None:
            size = np.abs(volume.astype(np.float32, copy=False))
            return size > 0.1 * float(np.percentile(size, 99))
    return None


def drawn(studio: Studio, volume: np.ndarray, display: Display, planes: list[Plane]) -> tuple[list[Panel], Html]:
    """Cut planes of a volume, in the page's unit, and make the colour bar that belongs to them."""
    low, high = window_of(display, volume)
    panels = []
    for plane in planes:
        cut = panel(studio.view, plane, volume)
        # Outside the mask volumes are zero; black says so where zero would be grey.
        picture = np.where(cut.picture == 0, low, cut.picture * display.scale)
        panels.append(replace(cut, picture=picture))
    return panels, scale(low, high, display.unit, display.colours)


def volume_figure(
    studio: Studio,
    quantity: str,
    volume: np.ndarray,
    planes: list[Plane],
    *,
    echo: int = 0,
    per_row: int = 6,
    caption: str = "",
) -> Html:
    """Draw one volume with its colour bar."""
    display = DISPLAYS[quantity]
    panels, bar = drawn(studio, volume, display, planes)
    low, high = window_of(display, volume)
    name = f"{display.title}, echo {echo}" if echo else display.title
    width = studio.pixels or None
    content = strip(panels, low, high, colours=display.colours, smooth=display.smooth, per_row=per_row, pixels=width)
    unit = f" {display.unit}" if display.unit else ""
    alt = f"{name}: {_planes_in_words(planes)}, drawn from {low:.4g} to {high:.4g}{unit}."
    return figure(content, alt, bar, f"{name}{_echo_time(studio.outputs, echo)}" if echo else caption)


def step_figures(studio: Studio) -> Html:
    """Draw every step in the order of the dataflow."""
    parts = []
    for quantity in DATAFLOW:
        pictures = []
        for echo, volume in studio.outputs.each(quantity):
            measure(studio, quantity, echo, volume)
            inside = studio.mask("mask_brain")
            if quantity == "reliability" and inside is not None:
                np.multiply(volume, inside, out=volume)
            pictures.append(volume_figure(studio, quantity, volume, studio.view.planes(), echo=echo))
        if pictures:
            what = VOCABULARY[quantity]
            unit = f" [{DISPLAYS[quantity].unit}]" if DISPLAYS[quantity].unit else ""
            lines = paragraph(f"{what.meaning[0].upper()}{what.meaning[1:]}. ", tag("b", "Look for: "),
                              DISPLAYS[quantity].look_for)  # fmt: skip
            parts.append(tag("article", tag("h3", f"{DISPLAYS[quantity].title}{unit}"), lines, *pictures))
    return join(*parts)


def measure(studio: Studio, quantity: str, echo: int, volume: np.ndarray) -> None:
    """Take the numbers of a volume that the checks need."""
    found = studio.measured
    brain = studio.mask("mask_brain")
    if quantity == "phase" and brain is not None:
        inside = volume[brain]
        found.phase_span[echo] = float(inside.max() - inside.min())
    elif quantity == "phase_unwrapped":
        trusted = studio.mask("mask_reliable", "mask_brain")
        if trusted is not None:
            found.jumps[echo] = jump_share(volume, trusted)
    elif quantity == "t2star" and brain is not None:
        found.t2star = spread(volume[brain & (volume > 0)] * DISPLAYS[quantity].scale)


def chi_quantity(outputs: Outputs) -> str | None:
    """Return the susceptibility map that the page shows first."""
    return next((name for name in ("chi_referenced", "chi") if outputs.echoes(name)), None)


def mosaic(studio: Studio, volume: np.ndarray, quantity: str) -> Html:
    """Draw axial slices from bottom to top."""
    return volume_figure(studio, quantity, volume, studio.view.mosaic(N_MOSAIC), per_row=N_MOSAIC // 2)


def mask_figure(studio: Studio) -> Html:
    """Draw how the mask shrinks, over the magnitude."""
    present = [name for name in MASKS if name in studio.masks]
    under = next(((name, echoes[0]) for name in MAGNITUDES if (echoes := studio.outputs.echoes(name))), None)
    volume = studio.outputs.load(*under) if under else None
    if not present or volume is None or under is None:
        return Html("")
    brain, frame = studio.mask("mask_brain"), studio.outputs.frame
    if under[0].startswith("magnitude") and brain is not None and frame is not None:
        studio.measured.shading = shading(volume, brain, frame.affine)
    planes, display = studio.view.planes(), DISPLAYS[under[0]]
    panels, _ = drawn(studio, volume, display, planes)
    low, high = window_of(display, volume)
    outlined = [
        replace(one, outlines=_nested(studio, present, plane)) for one, plane in zip(panels, planes, strict=True)
    ]
    legend = tag("ul", *(tag("li", key(MASK_COLOURS[name]), name) for name in present), class_="legend")
    alt = f"Outlines of {', '.join(present)} over the {display.title.lower()}: {_planes_in_words(planes)}."
    caption = f"Over the {display.title.lower()}. Lines are outlines; filled areas are what that step removed."
    return figure(strip(outlined, low, high * 1.1, per_row=3), alt, legend, caption)


def _nested(studio: Studio, names: list[str], plane: Plane) -> list[Outline]:
    outlines, before = [], None
    widths = np.linspace(2.8, 1.6, len(MASKS))
    for name, width in zip(names, widths, strict=False):
        mask = studio.view.cut(studio.masks[name], plane)
        if before is not None:
            outlines.append(Outline(before & ~mask, MASK_COLOURS[name], width=0.0, fill=0.45))
        # Outer lines are wider, so that lines that coincide can both be seen.
        outlines.append(Outline(mask, MASK_COLOURS[name], width=float(width)))
        before = mask
    return outlines


def reference_figure(studio: Studio, volume: np.ndarray, quantity: str) -> Html:
    """Draw the reference region over the susceptibility map."""
    region = studio.masks["mask_reference"]
    planes, display = studio.view.planes_through(region), DISPLAYS[quantity]
    panels, bar = drawn(studio, volume, display, planes)
    low, high = window_of(display, volume)
    outlined = [
        replace(one, outlines=[Outline(studio.view.cut(region, plane), REFERENCE_COLOUR)])
        for one, plane in zip(panels, planes, strict=True)
    ]
    alt = f"Outline of the reference region over {display.title.lower()}: {_planes_in_words(planes)}."
    caption = f"mask_reference, {number(int(region.sum()))} voxels, over {quantity}."
    return figure(strip(outlined, low, high), alt, bar, join(key(REFERENCE_COLOUR), caption))


def key(colour: str) -> Html:
    """Make the swatch of a legend."""
    return Html(f'<i class="key" style="border: 3px solid {colour}"></i>')


def _echo_time(outputs: Outputs, echo: int) -> str:
    times = outputs.section("acquisition").get("echo_times")
    time = times[echo - 1] if isinstance(times, list) and echo <= len(times) else None
    return f", {seconds_to_milliseconds(time):.4g} ms" if is_number(time) else ""


def _planes_in_words(planes: list[Plane]) -> str:
    names = [plane.orientation for plane in planes]
    counted = [(names.count(name), name) for name in dict.fromkeys(names)]
    return ", ".join(f"{count} {name} slice{'s' if count > 1 else ''}" for count, name in counted)
