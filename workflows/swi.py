"""Susceptibility-weighted images and their projection."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.swi import SWI_METHODS


def init_swi_wf(
    contrast: str | KernelInterface = "swi",
    *,
    window: int = 96,
    n_slices: int = 7,
    n_procs: int = 1,
    name: str = "swi_wf",
    **options: Any,
) -> pe.Workflow:
    """Make a susceptibility-weighted image and its minimum-intensity projection.

    Parameters
    ----------
    contrast : str or interface
        `swi`, as UK Biobank makes it from one echo, `clear_swi` from all, or an instance of your own.
    window : int
        Width of the homodyne filter [samples of k-space]; for a contrast that takes `phase_filtered`.
    n_slices : int
        Slices of a projected slab.
    n_procs : int
        Threads of each node.
    name : str
    **options
        Set on the interface that makes the weighted image.

    Inputs
    ------
    phase, magnitude, mask, echo_times, b0_direction

    Outputs
    -------
    swi, swi_minimum, and phase_filtered where the contrast takes it
    """
    weight = pe.Node(SWI_METHODS.make(contrast, **options), name="weight_magnitude", n_procs=n_procs, mem_gb=0.8)
    project = pe.Node(SWI_METHODS.make("minimum_projection", n_slices=n_slices), name="project_minimum", mem_gb=0.4)
    chain = Chain(name, ["phase", "magnitude", "mask", "echo_times", "b0_direction"])
    if "phase_filtered" in weight.interface.inputs.copyable_trait_names():
        filter_phase = SWI_METHODS.make("filtered_phase", window=window)
        chain.add(pe.Node(filter_phase, name="filter_phase", n_procs=n_procs, mem_gb=0.8))
    return chain.add(weight).add(project).finish()
