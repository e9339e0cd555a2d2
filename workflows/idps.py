"""From maps on the gradient echo's grid to the numbers of regions: transforms, phenotypes, confounds, quality.

Maps are moved once, through the whole chain of transforms, to T1's grid, where the labels and lesions lie, and to the
template's grid, where the nigra is drawn; labels and the brain mask go the other way, for quality.
"""

from __future__ import annotations

from collections.abc import Collection

from nipype.interfaces.utility import Merge
from nipype.pipeline import engine as pe

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.errors import QSMError
from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.regions import FieldGradientConfound, SubjectQuality
from nipype_qsm.interfaces.register import Alignment, ApplyTransform, TemplateAlignment
from nipype_qsm.kernels.register.alignment import AlignmentNumbers
from nipype_qsm.spaces import MNI, canonical
from nipype_qsm.workflows.lesions import init_lesions_wf, missing_tissue
from nipype_qsm.workflows.regions import init_regions_wf
from nipype_qsm.workflows.register import HEAD_OUTPUTS, init_head_wf, init_pair_wf

MAPS = ["chi_referenced", "t2star", "mask_tissue", "field_gradient", "dephasing_rate"]
ECHOES = ["phase", "magnitude", "echo_times", "b0_direction"]
NATIVE = ["chi_referenced", "t2star", "mask_tissue", "mask_brain", "magnitude_combined", "reliability", "field_local"]
STRUCTURAL = ["t1w", "mask_t1w", "labels", "mask_lesions", "mask_white_matter", "mask_bianca"]
NIGRA = ["nigra_left", "nigra_right"]
TRANSFORMS = ["gradient_warp", "swi_to_t1", "t1_to_mni"]
GRIDS = {"template": ("t1", "template"), "subject": ("t1",), "nowhere": ("t1",)}
"""Where the nigra can lie, and the grids that maps are moved to."""


def init_idps_wf(
    preset: str = "best",
    *,
    nigra: str = "template",
    template_space: str = "MNI152NLin6Asym",
    gradient_warp: bool = False,
    t2star: bool = True,
    gradients: bool = True,
    magnitude: bool = True,
    labels: bool = True,
    name: str = "idps_wf",
) -> pe.Workflow:
    """Move maps to where regions are known, and take the subject's phenotypes, confounds and quality.

    Parameters
    ----------
    preset : str
        `ukb` or `best`: how T2* is taken.
    nigra : str
        Where its masks lie: on the `template`'s grid, on the `subject`'s T1 grid, or `nowhere`.
    template_space : str
        Space of the template that `t1_to_mni` leads to.
    gradient_warp : bool
        Whether the gradient echo is gradient-unwarped on the way.
    t2star, gradients, magnitude, labels : bool
        Whether there are T2*, echoes for the field gradient, a magnitude to judge the registration, labels.
    name : str

    Inputs
    ------
    chi_referenced, t2star, mask_tissue, mask_brain, magnitude_combined, reliability, field_local, phase, magnitude,
    echo_times, b0_direction, t1w, mask_t1w, labels, mask_lesions, mask_white_matter, mask_bianca, nigra_left,
    nigra_right, gradient_warp, swi_to_t1, t1_to_mni : maps on the gradient echo's grid, structures on T1's; lesions_ml,
    where lesions were found here

    Outputs
    -------
    idps, regions, confounds, idp_files, qc, chi_t1, and what else there is: t2star_t1, labels_native (on the gradient
    echo's grid), chi_template and t2star_template (on the grid of the nigra's masks)
    """
    if nigra not in GRIDS:
        raise QSMError(f"The nigra cannot lie in '{nigra}'.", remedy=f"Choose one of: {', '.join(GRIDS)}.")
    chain = Chain(name, [*NATIVE, *ECHOES, *STRUCTURAL, *NIGRA, *TRANSFORMS, "lesions_ml"])
    if gradients:
        chain.add(pe.Node(FieldGradientConfound(), name="map_field_gradient", mem_gb=1.5), takes={"t2star": ""})
    absent = [] if t2star else ["t2star"]
    absent += [] if gradients else ["field_gradient", "dephasing_rate"]
    maps = [port for port in MAPS if port not in absent]
    to_t1 = [*(["gradient_warp"] if gradient_warp else []), "swi_to_t1"]
    _move(chain, maps, "t1", "t1w", to_t1)
    if nigra == "template":
        _move(chain, maps, "template", "nigra_left", [*to_t1, "t1_to_mni"])
        if canonical(template_space).startswith(MNI):
            judge = pe.Node(TemplateAlignment(fixed=str(ICBM2009C.t1w_brain)), name="judge_warp", mem_gb=0.7)
            gives = {name: f"template_{name}" for name in AlignmentNumbers._fields}
            chain.add(judge, takes={"reference": "nigra_left", "fixed": ""}, gives=gives)
    regions = init_regions_wf(preset, nigra_in_template=nigra == "template", template_space=template_space)
    takes = {port: f"{_short(port)}_t1" for port in maps} | dict.fromkeys(absent, "")
    chain.add(regions, takes=takes if nigra != "nowhere" else takes | dict.fromkeys(NIGRA, ""))
    if magnitude:
        _judge_registration(chain)
    if labels:
        list_transforms(chain, "from_t1", to_t1[::-1])
        back = ApplyTransform(quantity="labels", inverted=[True] * len(to_t1))
        takes = {"moving": "labels", "reference": "chi_referenced", "transforms": "from_t1"}
        chain.add(pe.Node(back, name="labels_to_native", mem_gb=0.5), takes=takes, gives={"moved": "labels_native"})
    judge = pe.Node(SubjectQuality(), name="judge", mem_gb=1.0)
    chain.add(judge, takes={"labels": "labels_native" if labels else "", "space": ""})
    given = ["labels_native"] if labels else []
    kept = [port for port in maps if port in ("chi_referenced", "t2star")]
    given += [f"{_short(port)}_{grid}" for grid in GRIDS[nigra] for port in kept]
    return chain.finish(["idps", "regions", "confounds", "idp_files", "qc", *given])


def _short(port: str) -> str:
    return port.removesuffix("_referenced")


def list_transforms(chain: Chain, name: str, ports: list[str]) -> None:
    """Gather transforms into a list, from the map to where it goes."""
    merge = pe.Node(Merge(len(ports)), name=name, mem_gb=0.1)
    chain.add(merge, takes={f"in{n}": port for n, port in enumerate(ports, start=1)}, gives={"out": name})


def _move(chain: Chain, maps: list[str], grid: str, reference: str, transforms: list[str]) -> None:
    list_transforms(chain, f"to_{grid}", transforms)
    for port in maps:
        node = pe.Node(ApplyTransform(quantity=port), name=f"{_short(port)}_to_{grid}", mem_gb=1.0)
        # Spline interpolation rings at the edge of the map, so that its mask goes along.
        mask = {"mask": "mask_tissue"} if port == "chi_referenced" else {}
        takes = {"moving": port, "reference": reference, "transforms": f"to_{grid}", **mask}
        chain.add(node, takes=takes, gives={"moved": f"{_short(port)}_{grid}"})


def _judge_registration(chain: Chain) -> None:
    for port, name in (("magnitude_combined", "magnitude"), ("mask_brain", "brain")):
        node = pe.Node(ApplyTransform(quantity=port), name=f"{name}_to_t1", mem_gb=0.7)
        takes = {"moving": port, "reference": "t1w", "transforms": "to_t1"}
        chain.add(node, takes=takes, gives={"moved": f"{name}_t1"})
    takes = {"fixed": "t1w", "moved": "magnitude_t1", "mask": "mask_t1w", "mask_moved": "brain_t1"}
    chain.add(pe.Node(Alignment(), name="judge_registration", mem_gb=1.0), takes=takes)


def add_regions(
    chain: Chain,
    preset: str,
    brain: Collection[str],
    *,
    nigra: str = "nowhere",
    template_space: str = "MNI152NLin6Asym",
    own_template: bool = False,
    maps: Collection[str] = ("t2star", "gradients", "magnitude"),
    n_procs: int = 1,
) -> None:
    """Append to a chain that has maps: the transforms and labels that are missing, and the tables of regions.

    Parameters
    ----------
    chain : Chain
    preset : str
    brain : collection of str
        Which of `STRUCTURAL` and `TRANSFORMS` are given; the rest is made.
    nigra, template_space : str
        As `init_idps_wf`.
    own_template : bool
        Lay T1 on the template that comes with the package even where `t1_to_mni` is given.
    maps : collection of str
        Which of T2*, echoes for the field gradient, and the magnitude there are.
    n_procs : int
        Threads of registrations.
    """
    if "swi_to_t1" not in brain:
        chain.add(init_pair_wf(n_procs=n_procs), takes={"gradient_warp": ""})
    if own_template or not {"mask_t1w", "labels"} <= set(brain):
        kept = [port for port in HEAD_OUTPUTS if port in brain and not (own_template and port == "t1_to_mni")]
        chain.add(init_head_wf(n_procs=n_procs), gives={port: f"{port}_made" for port in kept})
    made = missing_tissue(brain)
    if made:
        chain.add(init_lesions_wf(made, apart="flair_apart" in brain, n_procs=n_procs))
    regions = init_idps_wf(
        preset,
        nigra=nigra,
        template_space=template_space,
        gradient_warp={"gradient_warp", "swi_to_t1"} <= set(brain),
        t2star="t2star" in maps,
        gradients="gradients" in maps,
        magnitude="magnitude" in maps,
    )
    chain.add(regions)
