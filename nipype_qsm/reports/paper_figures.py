"""Figures that only a simulated study can have: planted against found, and what the chain made of a scanned person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nipype_qsm.io import read_array, read_frame
from nipype_qsm.reports.drawing import Outline, panel, strip
from nipype_qsm.reports.modality_figures import FIRST, SECOND, blank
from nipype_qsm.reports.view import Plane, View

COLOURS = (FIRST, SECOND, "#5b7f2b", "#7a4f9a")
IRON_PPB = 50.0
PIXELS = 620
"""Width of one picture of the chain."""


@dataclass(frozen=True)
class Step:
    """A picture of the chain.

    Parameters
    ----------
    title : str
    file : str
        In a visit's results.
    low, high : float
        Window; NaN for what most voxels of the brain hold.
    unit : str
    """

    title: str
    file: str
    low: float
    high: float
    unit: str


NAN = float("nan")
STEPS = (
    Step("magnitude, first echo", "SWI/QSM/QSM_mcpc3Ds_MAG_TE1.nii.gz", NAN, NAN, ""),
    Step("phase, second echo", "SWI/QSM/QSM_mcpc3Ds_PHA_TE2.nii.gz", -np.pi, np.pi, "rad"),
    Step("susceptibility", "SWI/QSM/QSM_CSFref.nii.gz", -100, 150, "ppb"),
    Step("T2*", "SWI/T2star.nii.gz", 0, 90, "ms"),
)


def chain(visit: str | Path) -> list[tuple[Step, bytes]]:
    """Draw what the chain made of one visit, the masks as outlines on the magnitude; JPEG.

    Parameters
    ----------
    visit : path
        Folder of a visit's results, as `nipype-qsm ukb` writes them.
    """
    folder = Path(visit)
    tissue, ventricles = (
        read_array(folder / "SWI" / "QSM" / f"{name}.nii.gz") > 0 for name in ("QSM_mask", "ROI_QSM_CSF")
    )
    view = View.of(tissue, read_frame(folder / STEPS[2].file).affine)
    planes = [_iron_plane(view, read_array(folder / STEPS[2].file) * tissue), Plane("coronal", view.center[1])]
    drawn = []
    for step in STEPS:
        volume = read_array(folder / step.file)
        low, high = (step.low, step.high) if np.isfinite(step.low) else (0.0, float(np.percentile(volume[tissue], 99)))
        panels = [panel(view, plane, volume) for plane in planes]
        if step is STEPS[0]:
            for one, plane in zip(panels, planes, strict=True):
                for mask, colour in ((tissue, "#ffd166"), (ventricles, "#4cc9f0")):
                    one.outlines.append(Outline(view.cut(mask, plane).astype(bool), colour))
        drawn.append((step, strip(panels, low, high, smooth=step.unit != "rad", pixels=PIXELS)))
    return drawn


def _iron_plane(view: View, chi: np.ndarray) -> Plane:
    """Return the axial plane near the middle that shows most iron [ppb]."""
    reach = round(0.15 * (view.high[2] - view.low[2]))
    near = [Plane("axial", k) for k in range(view.center[2] - reach, view.center[2] + 1)]
    return max(near, key=lambda plane: int((view.cut(chi, plane) > IRON_PPB).sum()))


def against_truth(
    planted: np.ndarray,
    found: np.ndarray,
    groups: Sequence[str],
    *,
    across: str,
    up: str,
    error: np.ndarray | None = None,
) -> Figure:
    """Draw found against planted values with the line of identity, a colour a group.

    Parameters
    ----------
    planted, found : array
        NaN is left out.
    groups : sequence of str
    across, up : str
        Quantity and unit.
    error : array, optional
        Standard error of each found value.
    """
    figure, axes = blank(4.6, 4.2)
    groups = list(groups)
    known = np.isfinite(planted) & np.isfinite(found)
    for k, group in enumerate(dict.fromkeys(groups)):
        own = known & np.array([one == group for one in groups])
        colour = COLOURS[k % len(COLOURS)]
        bars = None if error is None else error[own]
        axes.errorbar(
            planted[own], found[own], yerr=bars, fmt="o", color=colour, ms=4, elinewidth=0.7, alpha=0.8, label=group
        )
    both = np.concatenate([planted[known], found[known]])
    ends = np.array([both.min(), both.max()]) if both.size else np.array([0.0, 1.0])
    axes.plot(ends, ends, color="#666", linewidth=0.9, linestyle="--")
    axes.set(xlabel=across, ylabel=up)
    if len(set(groups)) > 1:
        axes.legend(frameon=False, fontsize=8)
    return figure
