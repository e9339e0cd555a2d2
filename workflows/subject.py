"""One subject: from files to a folder of maps and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.delivery import Deliver, Summarise
from nipype_qsm.workflows.qsm import INPUTS, init_qsm_wf, plan

CHOICES = ("coils", "unwrap", "fieldmap", "background", "inversion", "reference", "relaxation", "swi", "separation")


def init_subject_wf(
    folder: str | Path,
    preset: str = "best",
    *,
    automatic_reference: bool = True,
    draw: bool = True,
    name: str = "subject_wf",
    **options: Any,
) -> pe.Workflow:
    """Run the whole and keep what a user keeps.

    Parameters
    ----------
    folder : path
        Where the maps, `summary.json` and `report.html` go.
    preset : str
        `ukb` or `best`.
    automatic_reference : bool
        Find the ventricles automatically; otherwise `mask_reference` is given.
    draw : bool
        Draw the report in the graph; the command line draws it afterwards, with times and memory.
    name : str
    **options
        As `init_qsm_wf`.

    Inputs
    ------
    as `init_qsm_wf`

    Outputs
    -------
    report, summary
    """
    steps = plan(preset, **{step: options.get(step) for step in CHOICES})
    described = {step: {"method": _name(method), "options": given} for step, (method, given) in steps.items()}
    qsm = init_qsm_wf(preset, ventricles="ventricles" if automatic_reference else None, **options)
    source = {}
    if "reference_source" not in qsm.get_node("outputnode").interface._fields:
        regional = qsm.get_node("reference_wf").get_node("reference").interface.uses("mask_reference")
        source = {"reference_source": "given" if regional else "the whole of mask_tissue"}
    provenance = {"Preset": preset, "Steps": described}
    deliver = pe.Node(Deliver(folder=str(folder), provenance=provenance, **source), name="deliver", mem_gb=0.3)
    summarise = pe.Node(
        Summarise(
            folder=str(folder),
            plan={"preset": preset, "steps": described},
            draw=draw,
            **source,
        ),
        name="summarise",
        mem_gb=0.6,
    )
    chain = Chain(name, INPUTS).add(qsm).add(deliver)
    chain.add(summarise)
    return chain.finish(["report", "summary"])


def _name(method: str | KernelInterface) -> str:
    return method if isinstance(method, str) else type(method).__name__
