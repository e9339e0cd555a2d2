"""Phase without jumps of 2 pi."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.unwrap import UNWRAPPERS


def init_unwrap_wf(
    method: str | KernelInterface = "laplacian", *, n_procs: int = 1, name: str = "unwrap_wf", **options: Any
) -> pe.Workflow:
    """Unwrap the phase of every echo.

    Parameters
    ----------
    method : str or interface
        A name of `UNWRAPPERS`, or an instance of your own `PhaseUnwrapping`.
    n_procs : int
        Threads of the node.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    phase, magnitude, mask, echo_times

    Outputs
    -------
    phase_unwrapped
    """
    unwrap = pe.Node(UNWRAPPERS.make(method, **options), name="unwrap", n_procs=n_procs, mem_gb=1.5)
    return Chain(name, ["phase", "magnitude", "mask", "echo_times"]).add(unwrap).finish(["phase_unwrapped"])
