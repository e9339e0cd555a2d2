"""From susceptibility and decay to the two sources of a voxel."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.separation import SEPARATIONS


def init_separation_wf(
    method: str | KernelInterface = "r2star_qsm", *, n_procs: int = 1, name: str = "separation_wf", **options: Any
) -> pe.Workflow:
    """Separate paramagnetic from diamagnetic susceptibility.

    Parameters
    ----------
    method : str or interface
        A name of `SEPARATIONS`, or an instance of your own.
    n_procs : int
        Threads of the node.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    chi_referenced, r2star, r2prime, mask, field_strength

    Outputs
    -------
    chi_paramagnetic, chi_diamagnetic, n_inconsistent
    """
    separate = pe.Node(SEPARATIONS.make(method, **options), name="separate_sources", n_procs=n_procs, mem_gb=0.5)
    return Chain(name, ["chi_referenced", "r2star", "r2prime", "mask", "field_strength"]).add(separate).finish()
