"""Registration with FSL's programs, as UK Biobank's core pipeline calls them.

Nipype's own nodes, one a command, so that this part can stand inside any graph built on FSL. The pipeline's shell
scripts cut the neck off with `standard_space_roi`, for which Nipype has no node; `robustfov` does it here.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nipype.interfaces import fsl
from nipype.pipeline import engine as pe

from nipype_qsm.errors import ToolMissing
from nipype_qsm.graph import Chain

PAIR_PROGRAMS = ("flirt", "convert_xfm")
HEAD_PROGRAMS = (
    "robustfov",
    "bet",
    *PAIR_PROGRAMS,
    "fnirt",
    "invwarp",
    "applywarp",
    "fslmaths",
    "fast",
    "run_first_all",
)
PACKED = {"output_type": "NIFTI_GZ"}


def require_fsl(programs: tuple[str, ...]) -> None:
    """Say which of FSL's programs are missing, and what does without them.

    Parameters
    ----------
    programs : tuple of str
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise ToolMissing(
            f"FSL's {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not on the PATH.",
            remedy="Install FSL and source its set-up, or register with method='greedy' (extra `registration`).",
        )


def standard(name: str) -> str:
    """Return the path of one of FSL's standard images.

    Parameters
    ----------
    name : str
        Such as `MNI152_T1_1mm`.
    """
    path = Path(os.environ.get("FSLDIR", "/")) / "data" / "standard" / f"{name}.nii.gz"
    if not path.is_file():
        raise ToolMissing(
            f"FSL's standard image {name} is not at {path}.",
            remedy="Set FSLDIR to your FSL, or register with method='greedy' (extra `registration`).",
        )
    return str(path)


def add_fsl_pair(chain: Chain) -> None:
    """Add FLIRT with six degrees of freedom and the inverse of its matrix.

    Parameters
    ----------
    chain : Chain
        Has `magnitude_combined` and `t1w`; gets `swi_to_t1` and `t1_to_swi`.
    """
    require_fsl(PAIR_PROGRAMS)
    pair = fsl.FLIRT(dof=6, out_matrix_file="SWI_to_T1.mat", **PACKED)
    chain.add(
        pe.Node(pair, name="swi_to_t1", mem_gb=1.0),
        takes={"in_file": "magnitude_combined", "reference": "t1w"},
        gives={"out_matrix_file": "swi_to_t1", "out_file": "swi_in_t1"},
    )
    turn = fsl.ConvertXFM(invert_xfm=True, out_file="T1_to_SWI.mat")
    chain.add(pe.Node(turn, name="t1_to_swi"), takes={"in_file": "swi_to_t1"}, gives={"out_file": "t1_to_swi"})


def add_fsl_mask(chain: Chain) -> None:
    """Add FLIRT's resampling of the T1 brain mask onto the gradient echo, trilinear and not made binary.

    Parameters
    ----------
    chain : Chain
        Has `mask_t1w`, `magnitude_combined` and `t1_to_swi`; gets `mask_fraction`.
    """
    move = fsl.FLIRT(apply_xfm=True, interp="trilinear", out_file="brain_mask.nii.gz", **PACKED)
    chain.add(
        pe.Node(move, name="move_mask", mem_gb=0.6),
        takes={"in_file": "mask_t1w", "reference": "magnitude_combined", "in_matrix_file": "t1_to_swi"},
        gives={"out_file": "mask_fraction", "out_matrix_file": "mask_matrix"},
    )


def add_fsl_head(chain: Chain, *, template: str | Path | None = None, template_mask: str | Path | None = None) -> None:
    """Add T1 to MNI152, the brain mask from there, the tissues and the subcortical labels.

    Parameters
    ----------
    chain : Chain
        Has `t1w`; gets `t1_to_mni`, `mni_to_t1`, `mask_t1w`, `t1w_brain` and `labels`.
    template, template_mask : file, optional
        FSL's MNI152 at 1 mm by default.
    """
    require_fsl(HEAD_PROGRAMS)
    head = str(template or standard("MNI152_T1_1mm"))
    mask = str(template_mask or standard("MNI152_T1_1mm_brain_mask"))
    _add_template(chain, head)
    bring = fsl.ApplyWarp(in_file=mask, interp="trilinear", relwarp=True, out_file="T1_brain_mask.nii.gz", **PACKED)
    chain.add(
        pe.Node(bring, name="mask_t1w", mem_gb=1.0),
        takes={"ref_file": "t1w", "field_file": "mni_to_t1"},
        gives={"out_file": "mask_t1w"},
    )
    cut = fsl.BinaryMaths(operation="mul", out_file="T1_brain.nii.gz", **PACKED)
    chain.add(
        pe.Node(cut, name="t1w_brain", mem_gb=0.6),
        takes={"in_file": "t1w", "operand_file": "mask_t1w"},
        gives={"out_file": "t1w_brain"},
    )
    _add_labels(chain)


def _add_template(chain: Chain, head: str) -> None:
    cut = fsl.RobustFOV(brainsize=170, out_roi="T1_roi.nii.gz", out_transform="roi_to_T1.mat", **PACKED)
    chain.add(pe.Node(cut, name="cut_neck", mem_gb=0.6), takes={"in_file": "t1w"}, gives={"out_roi": "t1w_roi"})
    strip = fsl.BET(robust=True, out_file="T1_roi_brain.nii.gz", **PACKED)
    chain.add(
        pe.Node(strip, name="strip_skull", mem_gb=1.0),
        takes={"in_file": "t1w_roi"},
        gives={"out_file": "roi_brain", "mask_file": "roi_mask"},
    )
    linear = fsl.FLIRT(reference=standard("MNI152_T1_1mm_brain"), out_matrix_file="roi_to_MNI.mat", **PACKED)
    chain.add(
        pe.Node(linear, name="roi_to_mni", mem_gb=1.0),
        takes={"in_file": "roi_brain"},
        gives={"out_matrix_file": "roi_to_mni", "out_file": "roi_in_mni"},
    )
    turn = fsl.ConvertXFM(invert_xfm=True, out_file="T1_to_roi.mat")
    chain.add(pe.Node(turn, name="t1_to_roi"), takes={"in_file": "out_transform"}, gives={"out_file": "t1_to_roi"})
    join = fsl.ConvertXFM(concat_xfm=True, out_file="T1_to_MNI_linear.mat")
    chain.add(
        pe.Node(join, name="t1_to_mni_linear"),
        takes={"in_file": "t1_to_roi", "in_file2": "roi_to_mni"},
        gives={"out_file": "t1_to_mni_linear"},
    )
    warp = fsl.FNIRT(
        ref_file=head,
        refmask_file=standard("MNI152_T1_1mm_brain_mask_dil"),
        config_file="T1_2_MNI152_2mm",
        fieldcoeff_file="T1_to_MNI_warp_coef.nii.gz",
        field_file="T1_to_MNI_warp.nii.gz",
        jacobian_file="T1_to_MNI_warp_jac.nii.gz",
        warped_file="T1_to_MNI.nii.gz",
        log_file="T1_to_MNI_fnirt.log",
        args="--interp=spline",
        **PACKED,
    )
    chain.add(
        pe.Node(warp, name="t1_to_mni", mem_gb=3.0),
        takes={"in_file": "t1w", "affine_file": "t1_to_mni_linear"},
        gives={"field_file": "t1_to_mni", "fieldcoeff_file": "t1_to_mni_coef"},
    )
    back = fsl.InvWarp(inverse_warp="T1_to_MNI_warp_coef_inv.nii.gz", **PACKED)
    chain.add(
        pe.Node(back, name="mni_to_t1", mem_gb=2.0),
        takes={"warp": "t1_to_mni_coef", "reference": "t1w"},
        gives={"inverse_warp": "mni_to_t1"},
    )


def _add_labels(chain: Chain) -> None:
    tissues = fsl.FAST(output_biasfield=True, out_basename="T1_brain", **PACKED)
    chain.add(
        pe.Node(tissues, name="tissues", mem_gb=2.0),
        takes={"in_files": "t1w_brain"},
        gives={"bias_field": "bias_field", "partial_volume_files": "partial_volumes"},
    )
    even = fsl.BinaryMaths(operation="div", out_file="T1_unbiased_brain.nii.gz", **PACKED)
    chain.add(
        pe.Node(even, name="even_out", mem_gb=0.6),
        takes={"in_file": "t1w_brain", "operand_file": "bias_field"},
        gives={"out_file": "t1w_unbiased_brain"},
    )
    draw = fsl.FIRST(brain_extracted=True, out_file="T1_first", **PACKED)
    chain.add(
        pe.Node(draw, name="draw_labels", mem_gb=2.0),
        takes={"in_file": "t1w_unbiased_brain"},
        gives={"segmentation_file": "labels"},
    )
