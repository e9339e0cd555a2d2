"""From local field to susceptibility."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.inversion import INVERSIONS

INPUTS = [
    "field_local",
    "mask",
    "magnitude_combined",
    "mask_reference",
    "field_noise",
    "b0_direction",
    "phase",
    "magnitude",
    "echo_times",
    "field_strength",
]


def init_inversion_wf(
    method: str | KernelInterface = "ilsqr", *, n_procs: int = 1, name: str = "inversion_wf", **options: Any
) -> pe.Workflow:
    """Turn a local field into susceptibility.

    Parameters
    ----------
    method : str or interface
        A name of `INVERSIONS`, or an instance of your own `DipoleInversion`.
    n_procs : int
        Threads of the node.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    field_local, mask, magnitude_combined, mask_reference, field_noise, b0_direction, and phase, magnitude, echo_times,
    field_strength for methods that start from phase

    Outputs
    -------
    chi, and what the method reports of its convergence
    """
    invert = pe.Node(INVERSIONS.make(method, **options), name="invert", n_procs=n_procs, mem_gb=1.5)
    return Chain(name, INPUTS).add(invert).finish()
