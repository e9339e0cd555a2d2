"""A whole study on disk, as a user has it before anything is run, and apart from it what is true.

Archives of a few people's scans, everybody else's results in the tree that `nipype-qsm ukb` leaves, maps in template
space of some, and tables, genotypes, genetic map, LD scores, genes and lists. `truth` holds what was planted, a table a
question, for the comparison at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from nipype_qsm.io import atomically, save_volume, sidecar_path, write_json
from nipype_qsm.phantoms.brain_pipeline import write_nigra
from nipype_qsm.phantoms.genome import SPOILED, Chromosome, chromosomes, write_bgen, write_ld_scores, write_map
from nipype_qsm.phantoms.population import (
    LATER_VISIT,
    LESION_SLOPES,
    NAMES,
    VISIT_NOISE,
    Population,
    phenotype_names,
    population,
    spread,
    structure_of,
)
from nipype_qsm.phantoms.study_truth import FIRST_VISIT, write_truth
from nipype_qsm.phantoms.subject import DigitalSubject
from nipype_qsm.phantoms.survey import Survey, survey
from nipype_qsm.phantoms.t1_space import T1Space
from nipype_qsm.phantoms.template_maps import TemplateMaps
from nipype_qsm.quantities import VOCABULARY, Quantity
from nipype_qsm.tables import write_rows

FLAGS = {"no_brain_mask": 3, "phase_wraps": 4}
"""Reasons to leave somebody out, and how many people they meet."""
WITHDRAWN = 2
MISSING = 0.005
LABELS = Quantity("labels", "", "structures: 1 + place in the list")
UNITS = {
    "chi": replace(VOCABULARY["chi_referenced"], unit="ppb", plausible=None),
    "t2star": replace(VOCABULARY["t2star"], unit="ms", plausible=None),
}
FILES = {"chi": "SWI/QSM/QSM_to_MNI.nii.gz", "t2star": "SWI/T2star_to_MNI.nii.gz"}
"""Map in template space to its place in a visit's results."""


@dataclass(frozen=True)
class Plan:
    """How large the study is.

    Parameters
    ----------
    n : int
        People.
    n_maps, n_images : int
        With maps in template space; with scans.
    n_phenotypes : int
    n_blocks : int
        Of the genome, each of 60 variants.
    map_mm : int
        Voxel size of the maps.
    size : str
        Of the scanned heads, as `DigitalSubject` knows it.
    seed : int
    """

    n: int = 2000
    n_maps: int = 300
    n_images: int = 3
    n_phenotypes: int = 400
    n_blocks: int = 125
    map_mm: int = 2
    size: str = "iso3"
    seed: int = 1


def write_study(plan: Plan, folder: Path, *, threads: int = 2, say: Callable[[str], None] = print) -> Path:
    """Simulate a study and write it.

    Parameters
    ----------
    plan : Plan
    folder : path
    threads : int
    say : function
        Told what is being written.
    """
    say(f"genomes of {plan.n:,} people")
    genome = list(chromosomes(plan.n, plan.n_blocks, seed=plan.seed))
    people = population(plan.n, genome, seed=plan.seed)
    _write_genotypes(people, genome, folder / "genotypes")
    say(f"{plan.n_phenotypes} phenotypes")
    answers = survey(people, plan.n_phenotypes)
    out = _left_out(people, plan)
    _write_tables(people, answers, out, folder)
    say("results of those whose images have been processed")
    outliers = _write_results(people, plan, folder / "processed")
    say(f"maps of {plan.n_maps} people")
    write_maps(people, plan, folder)
    for person in range(plan.n_images):
        say(f"scan of person {people.ids[person]}")
        _write_scan(people, person, plan, folder, threads)
    write_truth(people, answers, folder / "truth", n_images=plan.n_images, n_maps=plan.n_maps)
    left_out = {reason: len(ids) for reason, ids in out.items()}
    spoiled = np.concatenate([one.spoiled for one in genome])
    facts = {
        **asdict(plan),
        "left_out": left_out,
        "outliers": outliers,
        "n_variants": int(spoiled.size),
        "spoiled": {name: int((spoiled == 1 + number).sum()) for number, name in enumerate(SPOILED)},
        "lesion_slopes": LESION_SLOPES,
        "share": people.share,
    }
    write_json(facts, folder / "truth" / "study.json")
    return folder


def _write_genotypes(people: Population, genome: list[Chromosome], folder: Path) -> None:
    rng = np.random.default_rng([people.seed, 41])
    for made in genome:
        write_bgen(made, people.ids, folder / f"chr{made.name}.bgen", rng)
        write_ld_scores(made, folder / "ld_scores")
        write_map(made, folder / "map" / f"chr{made.name}.map")
    in_discovery = rng.permutation(people.n) < 2 * people.n // 3
    for name, chosen in (("discovery", in_discovery), ("replication", ~in_discovery)):
        _write_lines([one for one, own in zip(people.ids, chosen, strict=True) if own], folder / f"{name}.txt")
    lines = []
    for gene, (made, variant) in people.lead.items():
        start = int(made.pos[variant]) - 4000
        for kind in ("gene", "exon"):
            about = f'gene_id "{gene}"; gene_name "{gene}"; gene_type "protein_coding";'
            lines.append(f"{made.name}\tsimulated\t{kind}\t{start}\t{start + 9000}\t.\t+\t.\t{about}")
    _write_lines(lines, folder / "genes.gtf")


def _write_lines(lines: list[str], path: Path) -> None:
    with atomically(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def _left_out(people: Population, plan: Plan) -> dict[str, list[str]]:
    """Choose who is left out: none with a scan or a map."""
    rng = np.random.default_rng([people.seed, 43])
    ids = people.ids[plan.n_images + plan.n_maps :]
    rng.shuffle(ids)
    out, start = {}, 0
    for reason, count in {"withdrawn": WITHDRAWN, **FLAGS}.items():
        out[reason], start = sorted(ids[start : start + count]), start + count
    return out


def _write_tables(people: Population, answers: Survey, out: dict[str, list[str]], folder: Path) -> None:
    known = people.covariates
    rows = [
        {"eid": one, **{name: values[row].item() for name, values in known.items()}}
        for row, one in enumerate(people.ids)
    ]
    write_rows(rows, folder / "covariates.tsv", ("eid", *known))
    rows = [
        {"eid": one, **dict(zip(answers.names, answers.values[row].tolist(), strict=True))}
        for row, one in enumerate(people.ids)
    ]
    write_rows(rows, folder / "phenotypes.tsv", ("eid", *answers.names))
    rows = [{"phenotype": name, "category": kind} for name, kind in zip(answers.names, answers.categories, strict=True)]
    write_rows(rows, folder / "categories.tsv", ("phenotype", "category"))
    flagged = [{"eid": one, **{reason: int(one in out[reason]) for reason in FLAGS}} for one in people.ids]
    write_rows(flagged, folder / "flags.tsv", ("eid", *FLAGS))
    _write_lines(out["withdrawn"], folder / "withdrawn.txt")


def _write_results(people: Population, plan: Plan, folder: Path) -> int:
    """Write the tables that processing leaves, and return how many values are outliers."""
    rng, names = np.random.default_rng([people.seed, 47]), phenotype_names()
    first, n_outliers = people.measured(FIRST_VISIT), max(4, people.n // 100)
    wrong = (rng.integers(plan.n_images, people.n, n_outliers), rng.integers(len(names) - 1, size=n_outliers))
    first[wrong] += 40 * np.nanstd(first, axis=0)[wrong[1]]
    gap = rng.random(first.shape) < MISSING
    gap[wrong] = False
    first[gap] = np.nan
    _write_visits(people, first, range(plan.n_images, people.n), folder, FIRST_VISIT)
    again = range(plan.n_images, plan.n_images + max(30, people.n // 8))
    _write_visits(people, people.measured(LATER_VISIT), again, folder, LATER_VISIT)
    return len(set(zip(*(one.tolist() for one in wrong), strict=True)))


def _write_visits(people: Population, values: np.ndarray, chosen: range, folder: Path, visit: str) -> None:
    names = phenotype_names()
    sided = [(name, place) for name in names if name.startswith("T2_") and (place := structure_of(name))]
    for person in chosen:
        own = folder / f"{people.ids[person]}_{visit}" / "IDP_files"
        own.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}\t{value:.7g}" for name, value in zip(names, values[person], strict=True)]
        (own / "idps.tsv").write_text("\n".join(["name\tvalue", *lines]).replace("nan", "NaN") + "\n")
        steep = [
            f"{name}\t{people.gradients[person, NAMES.index(structure), ('left', 'right').index(side)]:.6g}"
            for name, (structure, side) in sided
        ]
        steep.append(f"T2_WMH\t{people.rest['gradient'][person]:.6g}")
        (own / "confounds.tsv").write_text("\n".join(["name\tgradient_hz_per_mm", *steep]) + "\n")


def write_maps(people: Population, plan: Plan, folder: Path) -> None:
    """Write maps of susceptibility [ppb] and T2* [ms] in template space, and the brain there.

    Parameters
    ----------
    people : Population
    plan : Plan
    folder : path
    """
    maps = TemplateMaps(plan.map_mm)
    save_volume(maps.mask, maps.frame, folder / "atlas" / f"tpl-{maps.space}_brain.nii.gz", "mask_brain")
    save_volume(maps.atlas(), maps.frame, folder / "truth" / f"tpl-{maps.space}_structures.nii.gz", LABELS)
    for person in range(plan.n_images, plan.n_images + plan.n_maps):
        rng = np.random.default_rng([people.seed, 53, person])
        for name, place in FILES.items():
            noise = VISIT_NOISE * spread(name)[:, None] * rng.standard_normal((len(NAMES), 2))
            volume = maps.volume(name, people.values[name][person] + noise, float(people.volume[person]), rng)
            path = folder / "processed" / f"{people.ids[person]}_{FIRST_VISIT}" / place
            save_volume(volume, maps.frame, path, UNITS[name])
            about = {"Quantity": UNITS[name].name, "Units": UNITS[name].unit, "SpatialReference": maps.space}
            write_json(about, sidecar_path(path))


def _write_scan(people: Population, person: int, plan: Plan, folder: Path, threads: int) -> None:
    eid = people.ids[person]
    last = folder / "downloads" / f"{eid}_20253_{FIRST_VISIT}_0.zip"
    nigra = folder / "atlas" / "nigra_right.nii.gz"
    if last.is_file() and nigra.is_file():
        return
    subject = DigitalSubject(
        plan.size, seed=100 * people.seed + person, structures=people.own_structures(person), threads=threads
    )
    write_nigra(T1Space(subject), folder / "atlas")
    subject.write_bulk(folder / "downloads", eid=eid, instance=int(FIRST_VISIT))
