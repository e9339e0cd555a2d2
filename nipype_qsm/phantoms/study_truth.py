"""What is true of a simulated study, as tables to compare with what was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nipype_qsm.kernels.regions.naming import SIDES
from nipype_qsm.phantoms.population import LOCI, NAMES, VISIT_NOISE, Population, phenotype_names, spread, structure_of
from nipype_qsm.phantoms.survey import Survey, planted_r
from nipype_qsm.tables import write_rows

FIRST_VISIT = "2"


def write_truth(people: Population, answers: Survey, folder: Path, *, n_images: int) -> None:
    """Write associations.tsv, loci.tsv, heritability.tsv, reproducibility.tsv and scans.tsv.

    Parameters
    ----------
    people : Population
    answers : Survey
    folder : path
    n_images : int
        People with scans: the first.
    """
    write_rows(
        planted_r(people, answers.effects), folder / "associations.tsv", ("phenotype", "idp", "kind", "structure", "r")
    )
    write_rows(_loci(people), folder / "loci.tsv", ("gene", "chrom", "pos", "id", "kind", "sign", "traits"))
    write_rows(list(inherited_shares(people)), folder / "heritability.tsv", ("trait", "h2"))
    write_rows(_repeated(people), folder / "reproducibility.tsv", ("idp", "r"))
    write_rows(_scans(people, n_images), folder / "scans.tsv", ("eid", "idp", "value"))


def inherited_shares(people: Population) -> list[dict[str, object]]:
    """Return the heritability of every phenotype: of what is left of it without its confounds.

    Parameters
    ----------
    people : Population
    """
    found, rows = people.measured(FIRST_VISIT), []
    for column, name in enumerate(phenotype_names()):
        place = structure_of(name)
        if place is None:
            rows.append({"trait": name, "h2": 0.0})
            continue
        s, side = NAMES.index(place[0]), SIDES.index(place[1])
        kind = "chi" if name.startswith("QSM_") else "t2star"
        own = [people.gradients[:, s, side]] if kind == "t2star" else []
        design = np.column_stack([np.ones(people.n), people.confounds(), *own])
        left = found[:, column] - design @ np.linalg.lstsq(design, found[:, column], rcond=None)[0]
        rows.append({"trait": name, "h2": float(people.inherited[kind][:, s].var() / left.var())})
    return rows


def _repeated(people: Population) -> list[dict[str, object]]:
    """Return the correlation between visits: the variance without the visit's noise over all of it."""
    steady, rows = people.measured(FIRST_VISIT, noise=0.0), []
    for column, name in enumerate(phenotype_names()):
        place = structure_of(name)
        if place is not None:
            kind = "chi" if name.startswith("QSM_") else "t2star"
            noise = (VISIT_NOISE * spread(kind)[NAMES.index(place[0])]) ** 2
            own = float(steady[:, column].var())
            rows.append({"idp": name, "r": own / (own + noise)})
    return rows


def _loci(people: Population) -> list[dict[str, object]]:
    loci: list[dict[str, object]] = []
    for locus in LOCI:
        made, variant = people.lead[locus.gene]
        where = {"chrom": made.name, "pos": int(made.pos[variant]), "id": made.ids[variant]}
        seen = {"calcium": ("QSM",), "myelin": ("T2",)}.get(locus.kind, ("QSM", "T2"))
        traits = [
            name
            for name in phenotype_names()
            if (place := structure_of(name)) and place[0] in locus.structures and name.split("_")[0] in seen
        ]
        loci.append({"gene": locus.gene, **where, "kind": locus.kind, "sign": locus.sign, "traits": ",".join(traits)})
    return loci


def _scans(people: Population, n_images: int) -> list[dict[str, object]]:
    scans: list[dict[str, object]] = []
    for person in range(n_images):
        for name in phenotype_names():
            place = structure_of(name)
            if place:
                kind = "chi" if name.startswith("QSM_") else "t2star"
                value = float(people.values[kind][person, NAMES.index(place[0])].mean())
                scans.append({"eid": people.ids[person], "idp": name, "value": value})
    return scans
