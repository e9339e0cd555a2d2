"""The template that comes with the package, and the labels in its space.

ICBM 2009c (asymmetric), 1 mm: the brain of the T1 average, its mask, and deep grey matter with FreeSurfer's numbers.
FSL's own template is another space, 1 to 2 mm away, and its licence is not commercial: it is always an input.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
_STEM = "tpl-MNI152NLin2009cAsym_res-01"


@dataclass(frozen=True)
class Template:
    """A brain average and what is known on its grid.

    Parameters
    ----------
    space : str
        Name of the space.
    t1w_brain : path
        T1-weighted average, zero outside the brain.
    mask_brain : path
    labels : path
        Structures by number.
    """

    space: str
    t1w_brain: Path
    mask_brain: Path
    labels: Path


ICBM2009C = Template(
    "MNI152NLin2009cAsym",
    DATA / f"{_STEM}_desc-brain_T1w.nii.gz",
    DATA / f"{_STEM}_desc-brain_mask.nii.gz",
    DATA / f"{_STEM}_atlas-deepgrey_dseg.nii.gz",
)

NIGRA = {"left": 27, "right": 59}
"""Numbers of the substantia nigra in the labels."""
