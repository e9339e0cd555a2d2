"""Choosing the zero of susceptibility."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.reference import REFERENCES


def init_reference_wf(
    method: str | KernelInterface = "csf", *, name: str = "reference_wf", **options: Any
) -> pe.Workflow:
    """Subtract the susceptibility of a reference region.

    Parameters
    ----------
    method : str or interface
        A name of `REFERENCES`, or an instance of your own.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    chi, mask_tissue, mask_reference

    Outputs
    -------
    chi_referenced, reference_value, reference_method, n_voxels, and what the method reports
    """
    subtract = pe.Node(REFERENCES.make(method, **options), name="reference", mem_gb=0.5)
    inputs = ["chi", "mask_tissue", "mask_reference"]
    return Chain(name, inputs).add(subtract).finish()
