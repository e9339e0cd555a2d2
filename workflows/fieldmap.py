"""One field from several echoes."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.fieldmap import FIELD_MAPPINGS


def init_fieldmap_wf(
    method: str | KernelInterface = "weighted_echoes", *, name: str = "fieldmap_wf", **options: Any
) -> pe.Workflow:
    """Combine the echoes' unwrapped phases into a field.

    Parameters
    ----------
    method : str or interface
        A name of `FIELD_MAPPINGS`, or an instance of your own `FieldMapping`.
    name : str
    **options
        Set on the interface.

    Inputs
    ------
    phase_unwrapped, magnitude, mask, reliability, echo_times, field_strength

    Outputs
    -------
    field_total, and field_noise where the method estimates it
    """
    combine = pe.Node(FIELD_MAPPINGS.make(method, **options), name="map_field", mem_gb=0.6)
    inputs = ["phase_unwrapped", "magnitude", "mask", "reliability", "echo_times", "field_strength"]
    return Chain(name, inputs).add(combine).finish()
