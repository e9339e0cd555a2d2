"""Two passes against streaks: strong sources are masked, the rest is inverted apart, and both maps are merged."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.masks import MASKS
from nipype_qsm.workflows.background import init_background_wf
from nipype_qsm.workflows.inversion import INPUTS as INVERSION_INPUTS
from nipype_qsm.workflows.inversion import init_inversion_wf
from nipype_qsm.workflows.presets import Step


def init_two_pass_wf(
    background: Step = ("pdf_lbv", {}),
    inversion: Step = ("tv", {}),
    *,
    n_procs: int = 1,
    name: str = "two_pass_wf",
    **options: Any,
) -> pe.Workflow:
    """Invert once more without strong sources, and merge with the map of everything.

    Parameters
    ----------
    background, inversion : (method, options)
        As in a preset; those of the first pass.
    n_procs : int
        Threads of the heavy nodes.
    name : str
    **options
        `level_ppm`, `grow_mm`: set on the search for strong sources.

    Inputs
    ------
    chi, field_total, mask, magnitude_combined, mask_reference, field_noise, b0_direction, phase, magnitude,
    echo_times, field_strength

    Outputs
    -------
    chi
    """
    inputs = ["chi", "field_total", *(port for port in INVERSION_INPUTS if port != "field_local")]
    chain = Chain(name, inputs)
    chain.add(pe.Node(MASKS.make("strong_sources", **options), name="find_strong_sources", mem_gb=0.6))
    chain.add(
        init_background_wf(background[0], n_procs=n_procs, **background[1]), takes={"mask": "mask_without_sources"}
    )
    chain.add(
        init_inversion_wf(inversion[0], n_procs=n_procs, **inversion[1]),
        takes={"mask": "mask_local"},
        gives={"chi": "chi_without_sources"},
    )
    merge = pe.Node(MASKS.make("merge_passes"), name="merge_passes", mem_gb=0.6)
    return chain.add(merge, takes={"mask_without_sources": "mask_local"}).finish(["chi"])
