"""From maps to the imaging-derived phenotypes of a subject."""

from __future__ import annotations

from nipype.interfaces.utility import Merge
from nipype.pipeline import engine as pe

from nipype_qsm.errors import QSMError
from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.regions import IDPs, IDPTable
from nipype_qsm.spaces import SUBJECT

MAPS = ["chi_referenced", "t2star", "mask_tissue", "field_gradient", "dephasing_rate"]
TISSUE = ["labels", "mask_lesions", "mask_white_matter", "mask_bianca"]
NIGRA = ["nigra_left", "nigra_right"]
RECIPES: dict[str, dict[str, bool]] = {"ukb": {"erode_t2star": False, "zeros_in_t2star": True}, "best": {}}
TABLES = ("idps", "regions", "confounds")


def init_regions_wf(
    preset: str = "best",
    *,
    nigra_in_template: bool = False,
    template_space: str = "MNI152NLin6Asym",
    name: str = "regions_wf",
) -> pe.Workflow:
    """Take UK Biobank's phenotypes from maps and regions; what is not given leaves NaN, with the reason.

    Parameters
    ----------
    preset : str
        `ukb` takes T2* of whole structures, zeros counted, as the core pipeline does; `best` takes the same voxels of
        both maps.
    nigra_in_template : bool
        Measure the nigra on a template's grid, as UK Biobank does: the maps there are further inputs.
    template_space : str
        Its space; the nigra's masks must lie in it.
    name : str

    Inputs
    ------
    chi_referenced, t2star, mask_tissue, field_gradient, dephasing_rate, labels, mask_lesions, mask_white_matter,
    mask_bianca, nigra_left, nigra_right : on one grid of the subject; and, with `nigra_in_template`, where the nigra's
    masks lie, chi_template, t2star_template, mask_tissue_template, field_gradient_template, dephasing_rate_template

    Outputs
    -------
    idps, regions, confounds, idp_files
    """
    recipe = recipe_of(preset)
    there = [f"{port.removesuffix('_referenced')}_template" for port in MAPS] if nigra_in_template else []
    chain = Chain(name, [*MAPS, *TISSUE, *NIGRA, *there])
    tissue = pe.Node(
        IDPs(space=SUBJECT, nigra_space=SUBJECT, nigra_from_labels=not nigra_in_template, **recipe),
        name="tissue",
        mem_gb=1.0,
    )
    write = pe.Node(IDPTable(), name="write", mem_gb=0.2)
    if not nigra_in_template:
        chain.add(tissue).add(write)
    else:
        nigra = pe.Node(IDPs(space=template_space, nigra_space=template_space, **recipe), name="nigra", mem_gb=1.0)
        chain.add(tissue, takes=dict.fromkeys(NIGRA, ""), gives={port: f"{port}_tissue" for port in TABLES})
        at_template = {**dict(zip(MAPS, there, strict=True)), **dict.fromkeys(TISSUE, "")}
        chain.add(nigra, takes=at_template, gives={port: f"{port}_nigra" for port in TABLES})
        for port in TABLES:
            merge = pe.Node(Merge(2), name=f"gather_{port}", mem_gb=0.1)
            chain.add(merge, takes={"in1": f"{port}_tissue", "in2": f"{port}_nigra"}, gives={"out": port})
        chain.add(write)
    return chain.finish([*TABLES, "idp_files"])


def recipe_of(preset: str) -> dict[str, bool]:
    """Return how a preset takes T2* from a structure, as options of `IDPs`.

    Parameters
    ----------
    preset : str
        `ukb` or `best`.
    """
    if preset not in RECIPES:
        raise QSMError(f"There is no preset '{preset}'.", remedy=f"Choose one of: {', '.join(RECIPES)}.")
    return RECIPES[preset]
