"""The brain of a template's space, where nobody gives a mask: the package's own, or that of an FSL at hand."""

from __future__ import annotations

import os
from pathlib import Path

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.errors import GeometryError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import read_frame

FSL_SPACE = "MNI152NLin6Asym"


def default_mask(space: str, frame: Frame) -> Path:
    """Return the brain mask of a space on a grid; refuse where none is known.

    Parameters
    ----------
    space : str
    frame : Frame
        Of the maps.
    """
    fsl = os.environ.get("FSLDIR")
    masks = {ICBM2009C.space: [ICBM2009C.mask_brain]}
    if fsl:
        masks[FSL_SPACE] = [Path(fsl) / "data" / "standard" / f"MNI152_T1_{mm}mm_brain_mask.nii.gz" for mm in (1, 2)]
    for path in masks.get(space, []):
        if path.is_file():
            try:
                frame.require_same(read_frame(path), "mask")
            except GeometryError:
                continue
            return path
    raise GeometryError(
        f"No brain mask of {space} on the grid {frame.shape[:3]} of {frame.source} is known here.",
        remedy="Give one (--mask)" + (", or set FSLDIR." if space == FSL_SPACE and not fsl else "."),
    )
