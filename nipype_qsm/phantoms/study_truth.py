"""What is true of a simulated study, as tables to compare with what was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nipype_qsm.kernels.regions.naming import SIDES
from nipype_qsm.phantoms.population import LOCI, NAMES, VISIT_NOISE, Population, phenotype_names, spread, structure_of
from nipype_qsm.phantoms.survey import Survey, correlation_without, planted_r
from nipype_qsm.phantoms.template_maps import TEXTURE
from nipype_qsm.tables import write_rows

FIRST_VISIT = "2"


def write_truth(people: Population, answers: Survey, folder: Path, *, n_images: int, n_maps: int) -> None:
    """Write associations, loci, heritability, reproducibility, scans, maps and mapped (what maps show), as tables.

    Parameters
    ----------
    people : Population
    answers : Survey
    folder : path
    n_images : int
        People with scans: the first.
    n_maps : int
        People with maps: those after them.
    """
    write_rows(
        planted_r(people, answers.effects), folder / "associations.tsv", ("phenotype", "idp", "kind", "structure", "r")
    )
    write_rows(_loci(people), folder / "loci.tsv", ("gene", "chrom", "pos", "id", "kind", "sign", "traits"))
    write_rows(list(inherited_shares(people)), folder / "heritability.tsv", ("trait", "h2"))
    write_rows(_repeated(people), folder / "reproducibility.tsv", ("idp", "r"))
    write_rows(_scans(people, n_images), folder / "scans.tsv", ("eid", "idp", "value"))
    own = slice(n_images, n_images + n_maps)
    write_rows(_maps(people, own), folder / "maps.tsv", ("quantity", "structure", "mean", "ageing"))
    write_rows(_mapped(people, answers), folder / "mapped.tsv", ("name", "quantity", "structure", "r"))


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
        kind = quantity_of(name)
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
            kind = quantity_of(name)
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
                kind = quantity_of(name)
                value = float(people.values[kind][person, NAMES.index(place[0])].mean())
                scans.append({"eid": people.ids[person], "idp": name, "value": value})
    return scans


def _maps(people: Population, own: slice, young: float = 52.0, old: float = 75.0) -> list[dict[str, object]]:
    """Return the mean of each structure in the maps, and of the old minus of the young."""
    age, rows = people.covariates["age"][own], []
    for quantity, values in people.values.items():
        both = values[own].mean(axis=2)
        change = both[age > old].mean(axis=0) - both[age < young].mean(axis=0)
        for s, structure in enumerate(NAMES):
            row = {"quantity": quantity, "structure": structure}
            rows.append({**row, "mean": float(both[:, s].mean()), "ageing": float(change[s])})
    return rows


def _mapped(people: Population, answers: Survey) -> list[dict[str, object]]:
    """Return the correlation of a structure's voxels with planted phenotypes and variants: texture weakens it."""
    found, names, rows = people.measured(FIRST_VISIT), phenotype_names(), []
    clear = {}
    for column, idp in enumerate(names):
        place = structure_of(idp)
        if place is not None:
            quantity = quantity_of(idp)
            variance = float(people.values[quantity][:, NAMES.index(place[0])].var(axis=0).mean())
            clear[idp] = (quantity, place[0], np.sqrt(variance / (variance + TEXTURE[quantity] ** 2)), column)
    for row in planted_r(people, answers.effects):
        quantity, structure, share, _ = clear[str(row["idp"])]
        rows.append({"name": row["phenotype"], "quantity": quantity, "structure": structure, "r": row["r"] * share})
    for locus in LOCI:
        made, variant = people.lead[locus.gene]
        for quantity, structure, share, column in clear.values():
            blind = {"calcium": "t2star", "myelin": "chi"}.get(locus.kind)
            if structure in locus.structures and quantity != blind:
                r = correlation_without(found[:, column], made.counts[variant].astype(float), people.confounds())
                rows.append({"name": made.ids[variant], "quantity": quantity, "structure": structure, "r": r * share})
    return rows


def quantity_of(phenotype: str) -> str:
    """Return whether a phenotype is of susceptibility or of T2*, as maps are named."""
    return "chi" if phenotype.startswith("QSM_") else "t2star"
