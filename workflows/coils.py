"""From coils to one phase and one magnitude an echo."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.errors import QSMError
from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.coils import COIL_COMBINATIONS
from nipype_qsm.interfaces.unwrap import UNWRAPPERS
from nipype_qsm.workflows.masks import init_brain_mask_wf


def init_coils_wf(
    method: str | KernelInterface = "mcpc3ds",
    *,
    difference: str | KernelInterface = "romeo",
    brain_mask: str = "threshold_mask",
    single_echo: bool = False,
    n_procs: int = 1,
    name: str = "coils_wf",
    **options: Any,
) -> pe.Workflow:
    """Combine coils, or remove the phase offset of images that are combined already.

    The series is read twice: once for the difference of two echoes, which is unwrapped, and once to remove every coil's
    own offset. With a single echo there is no difference, and only `combined` can follow.

    Parameters
    ----------
    method : str or interface
        A name of `COIL_COMBINATIONS`, or an instance of your own.
    difference : str or interface
        How the difference of two echoes is unwrapped: a name of `UNWRAPPERS`.
    brain_mask : str
        `threshold_mask` binarises the mask that was given, others make one: see `init_brain_mask_wf`.
    single_echo : bool
        Whether the series has one echo, combined already.
    n_procs : int
        Threads of each node.
    name : str
    **options
        Set on the combining interface.

    Inputs
    ------
    series, echo_times, b0_direction, mask_fraction

    Outputs
    -------
    phase, magnitude, magnitude_sos, magnitude_combined, mask_brain
    """
    look = pe.Node(
        COIL_COMBINATIONS.make("sum_of_squares" if single_echo else "phase_difference"),
        name="combine_magnitude" if single_echo else "subtract_echoes",
        n_procs=n_procs,
        mem_gb=0.8,
    )
    combine = pe.Node(COIL_COMBINATIONS.make(method, **options), name="combine_coils", n_procs=n_procs, mem_gb=1.2)

    chain = Chain(name, ["series", "echo_times", "b0_direction", "mask_fraction"])
    chain.add(look).add(_brain_mask(brain_mask, single_echo))
    if not single_echo:
        unwrap = pe.Node(UNWRAPPERS.make(difference), name="unwrap_difference", n_procs=n_procs, mem_gb=1.0)
        chain.add(
            unwrap,
            takes={
                "phase": "phase_difference",
                "magnitude": "magnitude_difference",
                "mask": "mask_brain",
                "echo_times": "",
            },
            gives={"phase_unwrapped": "phase_difference"},
        )
    return chain.add(combine).finish(["phase", "magnitude", "magnitude_sos", "magnitude_combined", "mask_brain"])


def _brain_mask(method: str, single_echo: bool) -> pe.Workflow:
    workflow = init_brain_mask_wf(method)
    if single_echo and "phase_difference" in workflow.get_node("mask_brain").interface.inputs.copyable_trait_names():
        raise QSMError(
            f"{method} reads the difference of two echoes, and there is one echo.",
            remedy="Choose magnitude_mask or noise_mask, or give a mask.",
        )
    return workflow
