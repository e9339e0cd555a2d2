"""One subject: from files to a folder of maps, tables of regions and a report."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.delivery import Deliver, Summarise
from nipype_qsm.interfaces.register import ApplyTransform
from nipype_qsm.interfaces.rooms import ROOMS, room
from nipype_qsm.workflows.idps import NIGRA, STRUCTURAL, TRANSFORMS, add_regions, list_transforms
from nipype_qsm.workflows.lesions import FLAIR, METHODS, missing_tissue
from nipype_qsm.workflows.qsm import INPUTS, init_qsm_wf, plan

CHOICES = ("coils", "unwrap", "fieldmap", "background", "inversion", "reference", "relaxation", "swi", "separation")
BRAIN = ["grid", *STRUCTURAL, *FLAIR, "mask_ventricles", *NIGRA, *TRANSFORMS]


def init_subject_wf(
    folder: str | Path,
    preset: str = "best",
    *,
    automatic_reference: bool = True,
    brain: Collection[str] = (),
    nigra: str = "nowhere",
    template_space: str = "MNI152NLin6Asym",
    own_template: bool = False,
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
        Find the ventricles automatically; otherwise `mask_reference` (or `mask_ventricles`) is given.
    brain : collection of str
        Which of the inputs below will be given; a T1-weighted image (`t1w`) makes tables of regions.
    nigra : str
        Where its masks lie: `template`, `subject` or `nowhere`.
    template_space : str
        Space of the template that `t1_to_mni` leads to.
    own_template : bool
        Lay T1 on the template that comes with the package even where `t1_to_mni` is given.
    draw : bool
        Draw the report in the graph; the command line draws it afterwards, with times and memory.
    name : str
    **options
        As `init_qsm_wf`.

    Inputs
    ------
    as `init_qsm_wf`; and grid (any image on the gradient echo's grid), t1w, mask_t1w, labels, mask_lesions,
    mask_white_matter, mask_bianca, mask_ventricles, flair (on T1's grid), flair_apart (FLAIR on its own), nigra_left,
    nigra_right, gradient_warp, swi_to_t1, t1_to_mni

    Outputs
    -------
    report, summary
    """
    steps = plan(preset, **{step: options.get(step) for step in CHOICES})
    if options.get("two_pass"):
        steps["two_pass"] = ("merge_passes", {})
    tissue = missing_tissue(brain) if "t1w" in brain else []
    steps = {"brain_mask": (options.get("brain_mask", "threshold_mask"), {}), **steps}
    steps |= {METHODS[port]: (METHODS[port], {}) for port in tissue}
    described = {step: _described(step, method, given) for step, (method, given) in steps.items()}
    chain = Chain(name, [*INPUTS, *(BRAIN if brain else [])])
    source = {}
    if "swi_to_t1" in brain:
        source = _bring_masks(chain, brain, options)
        automatic_reference &= "mask_ventricles" not in brain
    qsm = init_qsm_wf(preset, ventricles="ventricles" if automatic_reference else None, **options)
    if "reference_source" not in qsm.get_node("outputnode").interface._fields and not source:
        regional = qsm.get_node("reference_wf").get_node("reference").interface.uses("mask_reference")
        source = {"reference_source": "given" if regional else "the whole of mask_tissue"}
    chain.add(qsm)
    made = set(qsm.get_node("outputnode").interface._fields)
    if "t1w" in brain:
        there = ["magnitude", *(["t2star", "gradients"] if "t2star" in made else [])]
        where = {"nigra": nigra, "template_space": template_space, "own_template": own_template}
        add_regions(chain, preset, brain, maps=there, n_procs=options.get("n_procs", 1), **where)
    provenance = {"Preset": preset, "Steps": described}
    deliver = Deliver(folder=str(folder), provenance=provenance, template_space=template_space, **source)
    drawn = {f"{port}_t1": port for port in tissue}
    chain.add(pe.Node(deliver, name="deliver", mem_gb=0.3), takes=drawn)
    summarise = Summarise(folder=str(folder), plan={"preset": preset, "steps": described}, draw=draw, **source)
    chain.add(pe.Node(summarise, name="summarise", mem_gb=0.6))
    return chain.finish(["report", "summary"])


def _bring_masks(chain: Chain, brain: Collection[str], options: dict[str, Any]) -> dict[str, str]:
    """Move T1's brain mask and ventricles onto the gradient echo's grid, and say where the zero comes from."""
    way = ["swi_to_t1", *(["gradient_warp"] if "gradient_warp" in brain else [])]
    list_transforms(chain, "back_from_t1", way)
    for port, quantity in (("mask_t1w", "mask_fraction"), ("mask_ventricles", "mask_reference")):
        if port not in brain or (port == "mask_t1w" and "mask_fraction" in brain):
            continue
        node = pe.Node(
            ApplyTransform(quantity=quantity, inverted=[True] * len(way)), name=f"{quantity}_from_t1", mem_gb=0.7
        )
        takes = {"moving": port, "reference": "grid", "transforms": "back_from_t1"}
        chain.add(node, takes=takes, gives={"moved": quantity})
    options.setdefault("brain_mask", "threshold_mask")
    return {"reference_source": "ventricle mask of the brain pipeline"} if "mask_ventricles" in brain else {}


def _described(step: str, method: str | KernelInterface, options: dict[str, Any]) -> dict[str, Any]:
    """Say what stands at a step; of a method that is not the project's, where it came from."""
    if isinstance(method, str):
        name, package = method, ROOMS.get(step) and room(step).package(method)
    else:
        name, module = type(method).__name__, type(method).__module__
        package = "" if module.startswith("nipype_qsm.") else module
    return {"method": name, "options": options, **({"package": package} if package else {})}
