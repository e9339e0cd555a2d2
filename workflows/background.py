"""Removing the field of sources outside the brain."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.background import BACKGROUND_REMOVALS
from nipype_qsm.interfaces.base import KernelInterface


def init_background_wf(
    method: str | KernelInterface = "vsharp", *, n_procs: int = 1, name: str = "background_wf", **options: Any
) -> pe.Workflow:
    """Remove the field of outside sources.

    Parameters
    ----------
    method : str or interface
        A name of `BACKGROUND_REMOVALS`, or an instance of your own `BackgroundRemoval`.
    n_procs : int
        Threads of the node.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    field_total, mask, magnitude_combined, field_noise, b0_direction

    Outputs
    -------
    field_local, mask_local, n_removed
    """
    remove = pe.Node(BACKGROUND_REMOVALS.make(method, **options), name="remove_background", n_procs=n_procs, mem_gb=1.5)
    inputs = ["field_total", "mask", "magnitude_combined", "field_noise", "b0_direction"]
    return Chain(name, inputs).add(remove).finish()
