"""White matter and its hyperintensities, where nobody gives them: from T1 and FLAIR, without FSL or training."""

from __future__ import annotations

from collections.abc import Collection

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.masks import Lesions, WhiteMatter
from nipype_qsm.interfaces.register import ApplyTransform
from nipype_qsm.workflows.register import init_pair_wf

FLAIR = ["flair", "flair_apart"]
"""On T1's grid, or on its own."""
METHODS = {"mask_white_matter": "white_matter", "mask_lesions": "lesions"}
"""What makes a mask that is missing."""


def missing_tissue(given: Collection[str]) -> list[str]:
    """Return which masks `init_lesions_wf` can make for a subject; a mask that is given is never made.

    Parameters
    ----------
    given : collection of str
        Which inputs there are.
    """
    made = ["mask_lesions"] if "mask_lesions" not in given and set(FLAIR) & set(given) else []
    wanted = "mask_lesions" in given or made
    return [*(["mask_white_matter"] if wanted and "mask_white_matter" not in given else []), *made]


def init_lesions_wf(
    made: Collection[str] = ("mask_white_matter", "mask_lesions"),
    *,
    apart: bool = False,
    n_procs: int = 1,
    name: str = "lesions_wf",
) -> pe.Workflow:
    """Find white matter in T1 and lesions in FLAIR.

    Parameters
    ----------
    made : collection of str
        Which masks are made; the white matter that is not is an input.
    apart : bool
        Whether FLAIR has a grid of its own (`flair_apart`), and is first laid on T1, rigidly.
    n_procs : int
        Threads of the registration.
    name : str

    Inputs
    ------
    t1w, mask_t1w, labels, flair, flair_apart, mask_white_matter

    Outputs
    -------
    mask_white_matter, mask_lesions, lesions_ml : what was asked for
    """
    chain = Chain(name, ["t1w", "mask_t1w", "labels", *FLAIR, "mask_white_matter"])
    brain = {"mask_brain": "mask_t1w"}
    if "mask_white_matter" in made:
        chain.add(pe.Node(WhiteMatter(), name="white_matter", mem_gb=0.6), takes=brain)
    if "mask_lesions" in made:
        if apart:
            pair = init_pair_wf(n_procs=n_procs)
            chain.add(pair, takes={"magnitude_combined": "flair_apart"}, gives={"swi_to_t1": "flair_to_t1"})
            move = pe.Node(ApplyTransform(quantity="flair"), name="flair_to_t1_grid", mem_gb=0.8)
            takes = {"moving": "flair_apart", "reference": "t1w", "transforms": "flair_to_t1", "mask": ""}
            chain.add(move, takes=takes, gives={"moved": "flair"})
        chain.add(pe.Node(Lesions(), name="lesions", mem_gb=0.8), takes=brain)
    return chain.finish([*made, *(["lesions_ml"] if "mask_lesions" in made else [])])
