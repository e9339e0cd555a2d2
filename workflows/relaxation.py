"""T2*, R2* and S0 from magnitudes."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.relaxation import RELAXATIONS


def init_relaxation_wf(
    method: str | KernelInterface = "two_echo", *, n_procs: int = 1, name: str = "relaxation_wf", **options: Any
) -> pe.Workflow:
    """Map the decay of the signal.

    Parameters
    ----------
    method : str or interface
        A name of `RELAXATIONS`, or an instance of your own.
    n_procs : int
        Threads of the node.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    magnitude, mask, echo_times

    Outputs
    -------
    t2star, r2star, s0
    """
    fit = pe.Node(RELAXATIONS.make(method, **options), name="fit_decay", n_procs=n_procs, mem_gb=0.8)
    return Chain(name, ["magnitude", "mask", "echo_times"]).add(fit).finish(["t2star", "r2star", "s0"])
