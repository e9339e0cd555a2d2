"""From the user's files to one checked table."""

from __future__ import annotations

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.reading import Faults, ReadSeries


def init_reading_wf(
    *,
    phase_range: tuple[float, float] | None = None,
    invert_phase: bool = False,
    fix_alternating_slices: bool = False,
    name: str = "reading_wf",
) -> pe.Workflow:
    """Sort files into echoes and coils, settle times, scale and direction, and look for scanner faults.

    Parameters
    ----------
    phase_range : (float, float), optional
        Stored values that mean -pi and +pi, where the files do not declare it.
    invert_phase, fix_alternating_slices : bool
        Corrections of faults that were reported.
    name : str

    Inputs
    ------
    phase, magnitude, echo_times, field_strength, b0_direction

    Outputs
    -------
    series, echo_times, field_strength, b0_direction, notes
    """
    read = pe.Node(
        ReadSeries(invert_phase=invert_phase, fix_alternating_slices=fix_alternating_slices), name="read", mem_gb=0.2
    )
    if phase_range:
        read.inputs.phase_range = list(phase_range)
    look = pe.Node(Faults(), name="look_for_faults", mem_gb=0.8)
    return (
        Chain(name, ["phase", "magnitude", "echo_times", "field_strength", "b0_direction"])
        .add(read)
        .add(look)
        .finish(["series", "echo_times", "field_strength", "b0_direction", "notes"])
    )
