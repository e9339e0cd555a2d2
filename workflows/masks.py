"""Where the data can be trusted: the reliability of the phase, and the refinements it decides."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.masks import MASKS


def init_brain_mask_wf(method: str = "threshold_mask", *, name: str = "brain_mask_wf", **options: Any) -> pe.Workflow:
    """Make the brain mask on the gradient-echo grid.

    Parameters
    ----------
    method : str
        `threshold_mask` binarises a mask that was given; `magnitude_mask` makes one from the magnitude,
        `phase_quality_mask` from the difference of two echoes, `noise_mask` keeps whatever has signal.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    mask_fraction, magnitude_combined, phase_difference, magnitude_difference, b0_direction

    Outputs
    -------
    mask_brain
    """
    make = pe.Node(MASKS.make(method, **options), name="mask_brain", mem_gb=0.6)
    inputs = ["mask_fraction", "magnitude_combined", "phase_difference", "magnitude_difference", "b0_direction"]
    return Chain(name, inputs).add(make).finish(["mask_brain"])


def init_reliability_wf(*, name: str = "reliability_wf", **options: Any) -> pe.Workflow:
    """Map how far the phase can be trusted.

    Parameters
    ----------
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    phase, mask_brain, b0_direction

    Outputs
    -------
    reliability
    """
    rate = pe.Node(MASKS.make("reliability", **options), name="rate_reliability", mem_gb=0.8)
    return Chain(name, ["phase", "mask_brain", "b0_direction"]).add(rate).finish(["reliability"])


def init_refine_wf(*, name: str = "refine_wf", **options: Any) -> pe.Workflow:
    """Drop unreliable voxels from a mask and tidy what is left.

    Parameters
    ----------
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    mask, reliability, b0_direction

    Outputs
    -------
    mask, changes
    """
    drop = pe.Node(MASKS.make("refine", **options), name="drop_unreliable", mem_gb=0.6)
    return Chain(name, ["mask", "reliability", "b0_direction"]).add(drop).finish(["mask", "changes"])
