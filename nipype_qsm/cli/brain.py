"""Options on what is known of the brain, shared by the verbs that make tables of regions."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nipype_qsm.errors import GeometryError, ImageError
from nipype_qsm.spaces import SUBJECT, canonical, declared_space

FSL_SPACE = "MNI152NLin6Asym"


def add_options(group: argparse._ArgumentGroup) -> None:
    """Declare where the nigra is drawn, and whether regions are measured at all."""
    group.add_argument(
        "--nigra",
        nargs=2,
        type=Path,
        metavar=("LEFT", "RIGHT"),
        help="masks of the substantia nigra (default: CIT168, which comes with the package; needs a registration)",
    )
    group.add_argument(
        "--nigra-space",
        metavar="NAME",
        help="space of those masks, where neither side-car nor file name tells; `subject` for T1's own grid",
    )
    group.add_argument(
        "--template-space",
        default=FSL_SPACE,
        metavar="NAME",
        help="space that the given transform of T1 to a template leads to (default: %(default)s)",
    )
    group.add_argument(
        "--no-lesions", action="store_true", help="do not look for lesions in FLAIR where none are given"
    )
    group.add_argument("--maps-only", action="store_true", help="make maps, and no table of regions")


def masking(brain: Mapping[str, Path]) -> str:
    """Return the method that masks the brain: T1's mask where it reaches the echoes, otherwise the magnitude's."""
    reaches = "mask_fraction" in brain or {"mask_t1w", "swi_to_t1"} <= set(brain)
    return "threshold_mask" if reaches else "magnitude_mask"


def feed(workflow: Any, series: Any, given: Mapping[str, Any], brain: Mapping[str, Path]) -> None:
    """Give a subject's workflow its echoes and what is known of the brain."""
    inputs = {port: str(path) for port, path in brain.items()}
    if "grid" in workflow.get_node("inputnode").interface._fields:
        inputs["grid"] = series.phase[0][0].path
    workflow.inputs.inputnode.trait_set(**given, **inputs)


def whereabouts(options: argparse.Namespace, brain: dict[str, Path], work: Path) -> dict[str, Any]:
    """Choose where the nigra is measured; the masks are put into `brain`.

    Parameters
    ----------
    options : argparse.Namespace
        From `add_options`.
    brain : dict
        Port to file; filled.
    work : Path
        Where masks of the package's own atlas are written.
    """
    from nipype_qsm.io import read_sidecar

    template = canonical(options.template_space)
    if options.nigra is None:
        return _own_nigra(brain, work)
    left, right = options.nigra
    for path in (left, right):
        if not path.is_file():
            raise ImageError(f"--nigra: {path} does not exist.", remedy="Check the path.")
    space = canonical(options.nigra_space or "") or declared_space(left.name, read_sidecar(left))
    if not space:
        raise GeometryError(
            f"Nobody says in which space {left} lies, and two template spaces can be 2 mm apart.",
            remedy=f"Say it: --nigra-space {FSL_SPACE} (or another name; subject for T1's own grid).",
        )
    brain |= {"nigra_left": left.absolute(), "nigra_right": right.absolute()}
    if space == SUBJECT:
        return {"nigra": "subject", "template_space": template, "own_template": False}
    if "t1_to_mni" in brain and space == template:
        return {"nigra": "template", "template_space": template, "own_template": False}
    if space != _own().space:
        raise GeometryError(
            f"The nigra lies in {space}; "
            + (f"the given transform leads to {template}." if "t1_to_mni" in brain else "no transform leads there."),
            remedy="Give masks of that space, the transform of T1 to the masks' space (and --template-space), or leave "
            "--nigra out.",
        )
    return {"nigra": "template", "template_space": space, "own_template": True}


def _own_nigra(brain: dict[str, Path], work: Path) -> dict[str, Any]:
    """Draw the nigra from the package's own atlas, where T1 can be laid on it."""
    if importlib.util.find_spec("picsl_greedy") is None:
        say(
            "no --nigra was given, and without a registration the package's own (CIT168) cannot be used: its "
            "phenotypes stay empty. Install nipype_qsm[registration], or give --nigra."
        )
        return {"nigra": "nowhere", "template_space": FSL_SPACE, "own_template": False}
    brain |= _atlas_masks(work)
    return {"nigra": "template", "template_space": _own().space, "own_template": True}


def _atlas_masks(work: Path) -> dict[str, Path]:
    from nipype_qsm.atlases import NIGRA
    from nipype_qsm.io import read_array, read_frame, save_volume, sidecar_path, write_json

    labels, frame = read_array(_own().labels), read_frame(_own().labels)
    found = {}
    for side, number in NIGRA.items():
        path = save_volume(labels == number, frame, work / f"nigra_{side}.nii.gz", "mask")
        write_json({"SpatialReference": _own().space}, sidecar_path(path))
        found[f"nigra_{side}"] = path
    return found


def _own() -> Any:
    from nipype_qsm.atlases import ICBM2009C

    return ICBM2009C


def say(text: str) -> None:
    """Say something that a user should know, and go on."""
    print(f"note: {text}", file=sys.stderr, flush=True)


def say_what_is_missing(brain: Mapping[str, Path]) -> None:
    """Say what is made because it is not there, and what cannot be."""
    made = {"swi_to_t1": "gradient echo to T1", "mask_t1w": "brain mask of T1", "labels": "subcortical labels"}
    for port, name in made.items():
        if port not in brain:
            say(f"{name} is not there: it is made by registration")
    from nipype_qsm.workflows.lesions import missing_tissue

    found = {"mask_lesions": "lesions are found in FLAIR: tested on digital subjects alone, and not BIANCA's volume",
             "mask_white_matter": "white matter is found in T1"}  # fmt: skip
    made = missing_tissue(brain)
    for port in made:
        say(found[port])
    if "mask_lesions" not in {*brain, *made}:
        say("no mask of lesions and no FLAIR image: the lesion phenotypes stay empty")


def choose_flair(brain: dict[str, Path], flair: Path | None, *, wanted: bool) -> None:
    """Put FLAIR into `brain` where lesions are to be found in it: on T1's grid, or to be laid there.

    Parameters
    ----------
    brain : dict
        Port to file; filled. Lesions that are given win.
    flair : Path, optional
    wanted : bool
        Whether the user lets lesions be found.
    """
    from nipype_qsm.io import read_frame

    if flair is None or not wanted or "mask_lesions" in brain:
        return
    try:
        read_frame(brain["t1w"]).require_same(read_frame(flair), "flair")
    except GeometryError:
        brain["flair_apart"] = flair
    else:
        brain["flair"] = flair
