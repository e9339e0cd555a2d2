"""From maps that are there already to tables of regions: what `nipype-qsm ukb --from chi` runs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.delivery import Deliver, Summarise
from nipype_qsm.interfaces.register import ApplyTransform
from nipype_qsm.workflows.idps import NIGRA, STRUCTURAL, TRANSFORMS, add_regions, list_transforms
from nipype_qsm.workflows.lesions import FLAIR, METHODS, missing_tissue
from nipype_qsm.workflows.reference import init_reference_wf

MAPS = ["chi", "chi_referenced", "t2star", "mask_tissue", "mask_brain", "magnitude_combined"]


def init_measure_wf(
    folder: str | Path,
    preset: str = "ukb",
    *,
    referenced: bool = True,
    t2star: bool = True,
    magnitude: bool = True,
    brain: Collection[str] = (),
    name: str = "measure_wf",
    **where: Any,
) -> pe.Workflow:
    """Take a subject's phenotypes from maps that another pipeline, or an earlier run, has made.

    Parameters
    ----------
    folder : path
        Where maps, tables and report go.
    preset : str
        `ukb` or `best`: how T2* is taken.
    referenced : bool
        Whether `chi_referenced` is given; otherwise `chi` and `mask_ventricles` are, and its zero is found.
    t2star, magnitude : bool
        Whether these maps are given.
    brain : collection of str
        Which structural inputs are given.
    name : str
    **where
        As `add_regions`: nigra, template_space, own_template, n_procs.

    Inputs
    ------
    chi, chi_referenced, t2star, mask_tissue, mask_brain, magnitude_combined, mask_ventricles, t1w, mask_t1w, labels,
    mask_lesions, mask_white_matter, mask_bianca, flair, flair_apart, nigra_left, nigra_right, gradient_warp, swi_to_t1,
    t1_to_mni

    Outputs
    -------
    summary
    """
    chain = Chain(name, [*MAPS, "mask_ventricles", *STRUCTURAL, *FLAIR, *NIGRA, *TRANSFORMS])
    if not referenced:
        way = ["swi_to_t1", *(["gradient_warp"] if "gradient_warp" in brain else [])]
        list_transforms(chain, "back_from_t1", way)
        bring = ApplyTransform(quantity="mask_reference", inverted=[True] * len(way))
        takes = {"moving": "mask_ventricles", "reference": "chi", "transforms": "back_from_t1"}
        chain.add(pe.Node(bring, name="ventricles_from_t1", mem_gb=0.7), takes=takes, gives={"moved": "mask_reference"})
        chain.add(init_reference_wf("csf"))
    there = [name for name, given in (("t2star", t2star), ("magnitude", magnitude)) if given]
    add_regions(chain, preset, brain, maps=there, **where)
    space = where.get("template_space", "MNI152NLin6Asym")
    source = {"reference_source": "as released" if referenced else "ventricle mask of the brain pipeline"}
    tissue = missing_tissue(brain)
    steps = {METHODS[port]: {"method": METHODS[port], "options": {}} for port in tissue}
    provenance = {"Preset": preset, "Steps": steps} if steps else {}
    deliver = Deliver(folder=str(folder), provenance=provenance, template_space=space, **source)
    drawn = {f"{port}_t1": port for port in tissue}
    chain.add(pe.Node(deliver, name="deliver", mem_gb=0.3), takes=drawn)
    plan = {"preset": preset, **({"steps": steps} if steps else {})}
    summarise = Summarise(folder=str(folder), plan=plan, draw=False, **source)
    chain.add(pe.Node(summarise, name="summarise", mem_gb=0.6))
    return chain.finish(["summary"])
