"""From the gradient echo to T1 to a template, and brain mask and labels back.

Two ways with the same ports and the same kinds of files: FSL's programs as UK Biobank's core pipeline calls them
(`register_fsl`), and Greedy, a Python wheel, which needs nothing else. What a tree already holds need not be made
again: the two halves can be used alone.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from nipype.interfaces.utility import Merge
from nipype.pipeline import engine as pe

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.errors import QSMError, ToolMissing
from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.register import Alignment, ApplyTransform, ComposeTransforms, Greedy
from nipype_qsm.io import read_sidecar
from nipype_qsm.spaces import canonical, declared_space, require_same_space
from nipype_qsm.workflows.register_fsl import add_fsl_head, add_fsl_mask, add_fsl_pair

METHODS = ("fsl", "greedy")


def registration_method(method: str | None = None) -> str:
    """Return the method that is meant: FSL where it is installed, otherwise Greedy.

    Parameters
    ----------
    method : str, optional
        `fsl` or `greedy`.
    """
    if method is None:
        method = "fsl" if shutil.which("flirt") else "greedy"
        if method == "greedy" and importlib.util.find_spec("picsl_greedy") is None:
            raise ToolMissing(
                "No registration program is installed.",
                remedy="Install the extra (pip install 'nipype_qsm[registration]'), or FSL, or give the transforms.",
            )
    if method not in METHODS:
        raise QSMError(f"register has no method '{method}'.", remedy=f"Choose one of: {', '.join(METHODS)}.")
    return method


def init_pair_wf(method: str | None = None, *, n_procs: int = 1, name: str = "pair_wf") -> pe.Workflow:
    """Lay the gradient echo on the T1 image of the same head, rigidly.

    Parameters
    ----------
    method : str, optional
        `fsl` (FLIRT) or `greedy`; FSL where it is installed.
    n_procs : int
        Threads.
    name : str

    Inputs
    ------
    magnitude_combined, t1w

    Outputs
    -------
    swi_to_t1, t1_to_swi
    """
    chain = Chain(name, ["magnitude_combined", "t1w"])
    if registration_method(method) == "fsl":
        add_fsl_pair(chain)
    else:
        pair = pe.Node(Greedy(kind="rigid"), name="swi_to_t1", n_procs=n_procs, mem_gb=1.0)
        chain.add(
            pair,
            takes={"fixed": "t1w", "moving": "magnitude_combined"},
            gives={"matrix": "swi_to_t1", "matrix_inverted": "t1_to_swi"},
        )
    return chain.finish(["swi_to_t1", "t1_to_swi"])


def init_head_wf(
    method: str | None = None,
    *,
    template: str | Path | None = None,
    template_mask: str | Path | None = None,
    template_labels: str | Path | None = None,
    template_space: str = "",
    labels_space: str = "",
    n_procs: int = 1,
    name: str = "head_wf",
) -> pe.Workflow:
    """Lay a T1 image on a template, and bring brain mask and subcortical labels back.

    Parameters
    ----------
    method : str, optional
        `fsl` (BET, FLIRT, FNIRT, FAST, FIRST) or `greedy`; FSL where it is installed.
    template, template_mask : file, optional
        T1-weighted template and its brain: with the skull for `fsl` (FSL's own by default), without it for `greedy`
        (ICBM 2009c by default).
    template_labels : file, optional
        Labels in the template's space, for `greedy`; FIRST draws them for `fsl`.
    template_space, labels_space : str
        Names of the spaces of a template and labels of your own; two that differ are refused.
    n_procs : int
        Threads.
    name : str

    Inputs
    ------
    t1w

    Outputs
    -------
    t1_to_mni, mni_to_t1, mask_t1w, t1w_brain, labels
    """
    chain = Chain(name, ["t1w"])
    if registration_method(method) == "fsl":
        add_fsl_head(chain, template=template, template_mask=template_mask)
        return chain.finish(HEAD_OUTPUTS)
    own = template is not None
    if own and not (template_mask and template_labels and template_space):
        raise QSMError(
            "A template of your own needs its brain mask, its labels and the name of its space.",
            remedy="Give template_mask, template_labels and template_space, or leave the template out.",
        )
    space = template_space if own else ICBM2009C.space
    if template_labels:
        _require_space(template_labels, labels_space, space)
    image = str(template if own else ICBM2009C.t1w_brain)
    mask = str(template_mask or ICBM2009C.mask_brain)
    labels = str(template_labels or ICBM2009C.labels)
    lay = Greedy(kind="deformable", fixed=image, mask_fixed=mask)
    lay_node = pe.Node(lay, name="t1_to_mni", n_procs=n_procs, mem_gb=2.5)
    chain.add(lay_node, takes={"moving": "t1w"}, gives={"warp": "t1_to_mni"})
    turn = pe.Node(ComposeTransforms(inverted=[True]), name="mni_to_t1", mem_gb=1.0)
    chain.add(turn, takes={"reference": "t1w", "transforms": "t1_to_mni"}, gives={"warp": "mni_to_t1"})
    for given, made, quantity, way in ((mask, "mask_t1w", "mask", "linear"), (labels, "labels", "labels", "nearest")):
        # By headers: an atlas may have another grid than the template, whose millimetres begin elsewhere.
        fit = ApplyTransform(moving=given, reference=image, quantity=quantity, interpolation="nearest")
        chain.add(pe.Node(fit, name=f"fit_{made}", mem_gb=0.6), gives=_gives(f"{made}_template"))
        bring = ApplyTransform(quantity=quantity, interpolation=way)
        node = pe.Node(bring, name=f"bring_{made}", mem_gb=0.8)
        chain.add(node, takes=_move(f"{made}_template", "t1w", "mni_to_t1"), gives=_gives(made))
    cut = pe.Node(ApplyTransform(quantity="t1w_brain"), name="cut_brain", mem_gb=0.8)
    chain.add(cut, takes={"moving": "t1w", "mask": "mask_t1w", "reference": "t1w"}, gives=_gives("t1w_brain"))
    return chain.finish(HEAD_OUTPUTS)


def _require_space(labels: str | Path, declared: str, space: str) -> None:
    """Refuse labels of another space than the template's, or of a space that nobody named."""
    declared = declared or declared_space(Path(labels).name, read_sidecar(labels))
    if not declared:
        raise QSMError(
            f"The space of {labels} is not known.",
            remedy=f"Name it (labels_space); the template's is {canonical(space)}.",
        )
    require_same_space(space, declared, "template_labels")


HEAD_OUTPUTS = ["t1_to_mni", "mni_to_t1", "mask_t1w", "t1w_brain", "labels"]


def init_register_wf(
    method: str | None = None, *, gradient_warp: bool = False, n_procs: int = 1, name: str = "register_wf", **head: Any
) -> pe.Workflow:
    """Register a subject: gradient echo to T1, T1 to a template, brain mask and labels to both grids.

    Parameters
    ----------
    method : str, optional
        `fsl` or `greedy`; FSL where it is installed.
    gradient_warp : bool
        Whether the gradient echo comes with a gradient-distortion field (FSL, relative), through which masks go back.
    n_procs : int
        Threads of the heavy nodes.
    name : str
    **head
        Template and labels of your own: see `init_head_wf`.

    Inputs
    ------
    magnitude_combined : gradient-echo magnitude with the skull
    t1w : T1-weighted image with the skull
    gradient_warp : where it was asked for

    Outputs
    -------
    swi_to_t1, t1_to_swi : FLIRT matrices
    t1_to_mni, mni_to_t1 : FNIRT fields
    mask_t1w, t1w_brain, labels : on the T1 grid
    mask_fraction, labels_swi : brain (0 to 1) and labels on the gradient-echo grid
    similarity, offset_mm, similarity_mirrored, peak_ratio : how well the gradient echo lies on T1
    """
    method = registration_method(method)
    inputs = ["magnitude_combined", "t1w"] + ["gradient_warp"] * gradient_warp
    chain = Chain(name, inputs)
    straight = "magnitude_combined"
    if gradient_warp:
        straighten = pe.Node(ApplyTransform(), name="straighten", mem_gb=0.6)
        chain.add(straighten, takes=_move(straight, straight, "gradient_warp"), gives=_gives("magnitude_straight"))
        straight = "magnitude_straight"
    chain.add(init_pair_wf(method, n_procs=n_procs), takes={"magnitude_combined": straight})
    chain.add(init_head_wf(method, n_procs=n_procs, **head))
    _add_way_back(chain, method, gradient_warp)
    there = pe.Node(ApplyTransform(), name="move_magnitude", mem_gb=0.6)
    chain.add(there, takes=_move(straight, "t1w", "swi_to_t1"), gives=_gives("magnitude_t1w"))
    fit = pe.Node(Alignment(), name="rate_alignment", mem_gb=0.8)
    chain.add(fit, takes={"fixed": "t1w", "moved": "magnitude_t1w", "mask": "mask_t1w"})
    numbers = ["similarity", "offset_mm", "similarity_mirrored", "peak_ratio"]
    return chain.finish(["swi_to_t1", "t1_to_swi", *HEAD_OUTPUTS, "mask_fraction", "labels_swi", *numbers])


def _add_way_back(chain: Chain, method: str, gradient_warp: bool) -> None:
    """Bring brain and labels from the T1 grid to the gradient echo's."""
    way, turned = "t1_to_swi", {}
    if gradient_warp:
        both = pe.Node(Merge(2), name="way_back", run_without_submitting=True)
        chain.add(both, takes={"in1": "swi_to_t1", "in2": "gradient_warp"}, gives={"out": "way_back"})
        way, turned = "way_back", {"inverted": [True, True]}
    moved = [("mask_t1w", "mask_fraction", "mask_fraction"), ("labels", "labels_swi", "labels")]
    if method == "fsl" and not gradient_warp:
        add_fsl_mask(chain)
        del moved[0]
    for taken, made, quantity in moved:
        node = pe.Node(ApplyTransform(quantity=quantity, **turned), name=f"move_{made}", mem_gb=0.6)
        chain.add(node, takes=_move(taken, "magnitude_combined", way), gives=_gives(made))


def _move(what: str, onto: str, by: str) -> dict[str, str]:
    return {"moving": what, "reference": onto, "transforms": by, "mask": "", "inverted": ""}


def _gives(name: str) -> dict[str, str]:
    return {"moved": name, "n_outside": f"{name}_outside", "n_unsettled": f"{name}_unsettled", "space": f"{name}_space"}
