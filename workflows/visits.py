"""Two visits of one head: what changed, without favouring either."""

from __future__ import annotations

from collections.abc import Sequence

from nipype.pipeline import engine as pe

from nipype_qsm.errors import QSMError
from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.regions import Change, IDPChange, IDPs, Midway
from nipype_qsm.interfaces.register import ApplyTransform
from nipype_qsm.spaces import SUBJECT
from nipype_qsm.workflows.regions import NIGRA, TISSUE, recipe_of

VISITS = ("first", "second")


def init_visits_wf(
    preset: str = "best",
    *,
    regions: Sequence[str] = ("labels",),
    t2star: bool = True,
    name: str = "visits_wf",
) -> pe.Workflow:
    """Compare two visits in the space halfway between them, with regions that were drawn once.

    Parameters
    ----------
    preset : str
        How T2* is taken from a structure; see `init_regions_wf`.
    regions : sequence of str
        Which regions are given: `labels`, `mask_lesions`, `mask_white_matter`, `mask_bianca`, `nigra_left`,
        `nigra_right`.
    t2star : bool
        Whether T2* maps are given.
    name : str

    Inputs
    ------
    chi_first, chi_second, mask_tissue_first, mask_tissue_second : referenced susceptibility of each visit on its own
    grid, with t2star_first, t2star_second; second_to_first (FLIRT matrix); and the regions, on the first visit's grid

    Outputs
    -------
    chi_change, t2star_change, changes, idps_first, idps_second, first_to_mid, second_to_mid, degrees, distance_mm
    """
    recipe = recipe_of(preset)
    unknown = set(regions) - {*TISSUE, *NIGRA}
    if unknown:
        known_names = ", ".join((*TISSUE, *NIGRA))
        raise QSMError(f"There is no region {', '.join(sorted(unknown))}.", remedy=f"Choose among: {known_names}.")
    maps = ["chi", *(["t2star"] if t2star else []), "mask_tissue"]
    given = [f"{one}_{visit}" for one in maps for visit in VISITS]
    known = [one for one in (*TISSUE, *NIGRA) if one in regions]
    chain = Chain(name, [*given, "second_to_first", *known])
    chain.add(pe.Node(Midway(), name="find_middle", mem_gb=0.3))
    for visit in VISITS:
        for one in maps:
            port = f"{one}_{visit}"
            masked = {"mask": f"mask_tissue_{visit}"} if one == "chi" else {"mask": ""}
            _move(chain, port, visit, {"chi": "chi_referenced"}.get(one, one), masked)
    for one in known:
        _move(chain, one, "first", one, {"mask": ""})
    for visit in VISITS:
        measure = IDPs(space=SUBJECT, nigra_space=SUBJECT, **recipe)
        taken = {"chi_referenced": f"chi_{visit}_mid", "mask_tissue": f"mask_tissue_{visit}_mid"}
        taken |= {"t2star": f"t2star_{visit}_mid"} if t2star else {}
        taken |= {one: f"{one}_mid" for one in known}
        gives = {port: f"{port}_{visit}" for port in ("idps", "regions", "confounds")}
        chain.add(pe.Node(measure, name=f"measure_{visit}", mem_gb=1.0), takes=taken, gives=gives)
    pairs = {f"{one}_{visit}": f"{one}_{visit}_mid" for one in maps[:-1] for visit in VISITS}
    chain.add(pe.Node(Change(), name="subtract_maps", mem_gb=0.5), takes=pairs)
    chain.add(pe.Node(IDPChange(), name="subtract_phenotypes", mem_gb=0.1))
    made = ["chi_change", *(["t2star_change"] if t2star else []), "changes", "idps_first", "idps_second"]
    return chain.finish([*made, "first_to_mid", "second_to_mid", "degrees", "distance_mm"])


def _move(chain: Chain, port: str, visit: str, quantity: str, masked: dict[str, str]) -> None:
    move = pe.Node(ApplyTransform(quantity=quantity), name=f"move_{port}", mem_gb=0.5)
    takes = {"moving": port, "reference": "mid_reference", "transforms": f"{visit}_to_mid", "inverted": "", **masked}
    # What a move says about itself must not be taken for an input of a later step.
    told = {one: f"{port}_{one}" for one in ("n_outside", "n_unsettled", "space")}
    chain.add(move, takes=takes, gives={"moved": f"{port}_mid", **told})
