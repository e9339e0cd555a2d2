"""The whole: from phase and magnitude to referenced susceptibility and T2*.

Read it top to bottom: each block is one step of figure 1 of Wang et al. 2022 (doi:10.1038/s41593-022-01074-w).
"""

from __future__ import annotations

from typing import Any

from nipype.interfaces.utility import IdentityInterface
from nipype.pipeline import engine as pe

from nipype_qsm.errors import QSMError
from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.base import KernelInterface
from nipype_qsm.interfaces.masks import MASKS
from nipype_qsm.workflows.background import init_background_wf
from nipype_qsm.workflows.coils import init_coils_wf
from nipype_qsm.workflows.fieldmap import init_fieldmap_wf
from nipype_qsm.workflows.inversion import init_inversion_wf
from nipype_qsm.workflows.masks import init_refine_wf, init_reliability_wf
from nipype_qsm.workflows.presets import PRESETS, Step
from nipype_qsm.workflows.reading import init_reading_wf
from nipype_qsm.workflows.reference import init_reference_wf
from nipype_qsm.workflows.relaxation import init_relaxation_wf
from nipype_qsm.workflows.separation import init_separation_wf
from nipype_qsm.workflows.swi import init_swi_wf
from nipype_qsm.workflows.two_pass import init_two_pass_wf
from nipype_qsm.workflows.unwrap import init_unwrap_wf

INPUTS = [
    "phase", "magnitude", "echo_times", "field_strength", "b0_direction", "mask_fraction", "mask_reference", "r2prime",
]  # fmt: skip


def plan(
    preset: str, **chosen: str | KernelInterface | None
) -> dict[str, tuple[str | KernelInterface, dict[str, Any]]]:
    """Return the method and options of every step: the preset's, unless another was chosen.

    Parameters
    ----------
    preset : str
        A name of `PRESETS`.
    **chosen : str, interface or None
        By step. Choosing the preset's own method by name keeps the preset's options.
    """
    if preset not in PRESETS:
        raise QSMError(f"There is no preset '{preset}'.", remedy=f"Choose one of: {', '.join(PRESETS)}.")
    steps: dict[str, Step] = dict(PRESETS[preset])
    for step, method in chosen.items():
        if method is not None and (step not in steps or method != steps[step][0]):
            steps[step] = (method, {})  # type: ignore[assignment]
    return steps


def init_qsm_wf(
    preset: str = "best",
    *,
    coils: str | KernelInterface | None = None,
    unwrap: str | KernelInterface | None = None,
    fieldmap: str | KernelInterface | None = None,
    background: str | KernelInterface | None = None,
    inversion: str | KernelInterface | None = None,
    reference: str | KernelInterface | None = None,
    relaxation: str | KernelInterface | None = None,
    swi: str | KernelInterface | None = None,
    separation: str | KernelInterface | None = None,
    two_pass: bool = False,
    single_echo: bool = False,
    brain_mask: str = "threshold_mask",
    ventricles: str | None = None,
    refine_mask: bool = True,
    n_procs: int = 1,
    name: str = "qsm_wf",
    **reading: Any,
) -> pe.Workflow:
    """Map susceptibility and T2* from gradient echoes of one or many coils.

    Parameters
    ----------
    preset : str
        `ukb` is faithful to the published pipeline, `best` what the evidence chose.
    coils, unwrap, fieldmap, background, inversion, reference, relaxation : str or interface, optional
        Replace a step of the preset by name or by an instance of your own.
    swi, separation : str or interface, optional
        Make susceptibility-weighted images (`swi`, `clear_swi`), separate the two sources of each voxel
        (`r2star_qsm`, `chi_separation`); left out by default.
    two_pass : bool
        Invert once more without strong sources (bleeds, calcifications) and merge: fewer streaks, twice the time.
    single_echo : bool
        One combined echo: no coil combination, no T2*.
    brain_mask : str
        `threshold_mask` binarises the mask that is given, others make one: see `init_brain_mask_wf`.
    ventricles : str, optional
        `ventricles` finds the reference region automatically; None takes `mask_reference` as given.
    refine_mask : bool
        Whether unreliable voxels are dropped before and after background removal.
    n_procs : int
        Threads of the heavy nodes.
    name : str
    **reading
        `phase_range`, `invert_phase`, `fix_alternating_slices`: see `init_reading_wf`.

    Inputs
    ------
    phase, magnitude : list of files, every coil of the first echo, then of the second, ...
    echo_times [s], field_strength [T], b0_direction : optional where side-cars and affines tell
    mask_fraction : brain mask on the gradient-echo grid, 0 to 1
    mask_reference : region whose susceptibility is called zero
    r2prime : decay of the sources alone, which `chi_separation` takes

    Outputs
    -------
    chi, chi_referenced, t2star and everything on the way; see `nipype_qsm.quantities`
    """
    steps = plan(
        preset,
        coils="combined" if single_echo else coils,
        unwrap=unwrap,
        fieldmap=fieldmap,
        background=background,
        inversion=inversion,
        reference=reference,
        relaxation=relaxation,
    )
    heavy = {"n_procs": n_procs}
    chain = Chain(name, INPUTS).add(init_reading_wf(**reading))
    chain.add(
        init_coils_wf(
            steps["coils"][0],
            difference=steps["difference"][0],
            brain_mask=brain_mask,
            single_echo=single_echo,
            **heavy,
            **steps["coils"][1],
        )
    )
    chain.add(init_reliability_wf(**steps["reliability"][1]))
    _add_refinement(chain, "mask_brain", "mask_reliable", steps["refine_first"][1] if refine_mask else None)
    chain.add(init_unwrap_wf(steps["unwrap"][0], **heavy, **steps["unwrap"][1]), takes={"mask": "mask_brain"})
    chain.add(init_fieldmap_wf(steps["fieldmap"][0], **steps["fieldmap"][1]), takes={"mask": "mask_brain"})
    chain.add(
        init_background_wf(steps["background"][0], **heavy, **steps["background"][1]),
        takes={"mask": "mask_reliable"},
        gives={"n_removed": "mask_local_removed"},
    )
    _add_refinement(chain, "mask_local", "mask_tissue", steps["refine_second"][1] if refine_mask else None)
    if not single_echo:
        chain.add(
            init_relaxation_wf(steps["relaxation"][0], **heavy, **steps["relaxation"][1]),
            takes={"magnitude": "magnitude_sos", "mask": "mask_brain"},
        )
    reference_wf = init_reference_wf(steps["reference"][0], **steps["reference"][1])
    if ventricles and reference_wf.get_node("reference").interface.uses("mask_reference"):
        if single_echo:
            raise QSMError(
                "One echo gives no T2*, by which the ventricles are found.",
                remedy="Give a reference region (--reference-mask FILE), or another reference (--reference brain).",
            )
        chain.add(pe.Node(MASKS.make(ventricles), name="find_ventricles", mem_gb=0.8))
    chain.add(init_inversion_wf(steps["inversion"][0], **heavy, **steps["inversion"][1]), takes={"mask": "mask_tissue"})
    if two_pass:
        chain.add(init_two_pass_wf(steps["background"], steps["inversion"], **heavy), takes={"mask": "mask_reliable"})
    chain.add(reference_wf)
    return _with_more(chain, swi, separation, single_echo, heavy).finish()


def _with_more(chain: Chain, swi: Any, separation: Any, single_echo: bool, heavy: dict[str, int]) -> Chain:
    """Make weighted images and the two sources of each voxel, where they are asked for."""
    if swi:
        chain.add(init_swi_wf(swi, **heavy), takes={"mask": "mask_brain"})
    if not separation:
        return chain
    separate = init_separation_wf(separation, **heavy)
    if single_echo and separate.get_node("separate_sources").interface.uses("r2star"):
        raise QSMError(
            "One echo gives no R2*, by which this separation works.",
            remedy="Leave the separation out, or choose chi_separation and give R2'.",
        )
    return chain.add(separate, takes={"mask": "mask_tissue"})


def _add_refinement(chain: Chain, taken: str, given: str, options: dict[str, Any] | None) -> None:
    if options is None:
        keep = pe.Node(IdentityInterface(["mask"]), name=f"keep_{taken}")
        chain.add(keep, takes={"mask": taken}, gives={"mask": given})
        return
    chain.add(
        init_refine_wf(name=f"refine_{taken}_wf", **options),
        takes={"mask": taken},
        gives={"mask": given, "changes": f"{given}_changes"},
    )
