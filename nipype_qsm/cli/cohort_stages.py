"""The calls of a whole study, from archives to figures, as a user would type them.

Paths are those of the demo's folder. On real data the tables, archives and genotypes of `study` are the user's own;
everything else stays as it stands here (docs/paper_howto.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nipype_qsm.cli.demo_cohort import Stage

if TYPE_CHECKING:
    from nipype_qsm.phantoms.study import Plan

SPACE = "MNI152NLin2009cAsym"
GENES = "study/genotypes"
LEAST_LD = 1000
"""Variants that heritability needs here; 200,000 in a real study."""


def stages(plan: Plan, n_procs: int) -> list[Stage]:
    """Return the stages in order.

    Parameters
    ----------
    plan : Plan
    n_procs : int
    """
    jobs = min(n_procs, max(1, plan.n_images))
    found = [
        _fixed("process", "images to maps and phenotypes", _process(jobs), "results/idps.tsv", "runs/overview.html")
        if plan.n_images
        else None,
        _fixed("gather", "one table of everybody", [_gather(plan.n_images > 0)], "gathered/idps.tsv"),
        _fixed("clean", "cleaning and confounds", CLEAN, "clean/confounds.parquet", "simple/confounds.parquet"),
        _fixed("associate", "phenotypic associations", [ASSOCIATE], "associations/associations.parquet"),
        _fixed("repeat", "reproducibility", REPEAT, "first/idps.parquet", "second/idps.parquet", REPEATED),
        _fixed("templates", "maps into a store, templates", _templates(n_procs), *TEMPLATES) if plan.n_maps else None,
        _fixed("scan", "genome-wide associations", SCAN, "deconfounded/residuals.parquet", "gwas/discovery/gwas.json"),
        _fixed("peaks", "peaks and clusters", PEAKS, "peaks/peaks.tsv", "clusters/clusters.tsv"),
        Stage("voxelwise", "voxel-wise associations", lambda folder: _voxelwise(folder, n_procs), VOXELWISE)
        if plan.n_maps
        else None,
        _fixed("heritability", "heritability", [HERITABILITY], "heritability/heritability.tsv"),
        Stage("figures", "figures", _figures, ("figures/manhattan.png", "figures/heritability.png")),
    ]
    return [stage for stage in found if stage is not None]


def _fixed(name: str, title: str, calls: list[str], *makes: str) -> Stage:
    return Stage(name, title, lambda _: calls, makes)


def _process(jobs: int) -> list[str]:
    nigra = "--nigra study/atlas/nigra_left.nii.gz study/atlas/nigra_right.nii.gz"
    return [f"batch runs --quiet --jobs {jobs} -- ukb study/downloads --out results {nigra} --template-space {SPACE}"]


def _gather(processed_here: bool) -> str:
    sources = "results study/processed" if processed_here else "study/processed"
    return f"cohort gather {sources} --flags study/flags.tsv --withdrawn study/withdrawn.txt --out gathered"


TEMPLATES = ("stores/chi/mask.nii.gz", "templates/chi/average.nii.gz", "templates/t2star/average.nii.gz")


def _templates(n_procs: int) -> list[str]:
    mask = f"--mask study/atlas/tpl-{SPACE}_brain.nii.gz"
    run = f"--quiet --n-procs {n_procs}"
    t2star = "study/processed/*_2/SWI/T2star_to_MNI.nii.gz --quantity t2star"
    return [
        f"cohort ingest study/processed --visit 2 {mask} --out stores/chi {run}",
        f"cohort ingest {t2star} {mask} --out stores/t2star {run}",
        f"cohort template stores/chi --groups study/covariates.tsv --out templates/chi {run}",
        f"cohort template stores/t2star --groups study/covariates.tsv --out templates/t2star {run}",
    ]


CLEAN = [
    "cohort clean --idps gathered/idps.tsv --visit 2 --phenotypes study/phenotypes.tsv "
    "--covariates study/covariates.tsv --out clean",
    "cohort clean --covariates study/covariates.tsv --nonlinear none --out simple",
]
"""Few people have maps: they get the linear confounds alone."""
ASSOCIATE = (
    "cohort associate --idps clean/idps.parquet --phenotypes clean/phenotypes.parquet "
    "--confounds clean/confounds.parquet --own-confounds gathered/gradients.tsv --visit 2 "
    "--categories study/categories.tsv --out associations"
)
REPEATED = "repeat/reproducibility.tsv"
REPEAT = [
    "cohort clean --idps gathered/idps.tsv --visit 2 --no-normal --out first",
    "cohort clean --idps gathered/idps.tsv --visit 3 --no-normal --out second",
    "cohort reproduce --first first/idps.parquet --second second/idps.parquet --out repeat",
]
SCAN = [
    "step cohort deconfound --values clean/idps.parquet --confounds clean/confounds.parquet "
    "--own-confounds gathered/gradients.tsv --visit 2 --out deconfounded",
    f"gwas run --genotypes {GENES}/chr*.bgen --traits deconfounded/residuals.parquet "
    f"--discovery {GENES}/discovery.txt --replication {GENES}/replication.txt --standardise --out gwas",
]
PEAKS = [
    f"gwas peaks --results gwas --map {GENES}/map --out peaks",
    f"gwas clusters --peaks peaks/peaks.tsv --map {GENES}/map --gtf {GENES}/genes.gtf --out clusters",
]
HERITABILITY = (
    f"gwas heritability --results gwas --ld-scores {GENES}/ld_scores --min-variants {LEAST_LD} --out heritability"
)


VOXELWISE = ("voxelwise/chi/summary.tsv", "voxelwise/t2star/summary.tsv")
N_MAPPED = 4
"""Phenotypes that are mapped: the strongest, each of another structure."""


def _voxelwise(folder: Path, n_procs: int) -> list[str]:
    """Return the calls that map the strongest phenotypes and the lead of every cluster."""
    from nipype_qsm.tables import read_rows

    chosen: dict[str, str] = {}
    for row in read_rows(folder / "associations" / "top.tsv"):
        structure = str(row["idp"]).rpartition("_")[2]
        if structure not in chosen and str(row["phenotype"]) not in chosen.values() and len(chosen) < N_MAPPED:
            chosen[structure] = str(row["phenotype"])
    given = f"--phenotypes clean/phenotypes.parquet --columns {' '.join(chosen.values())}"
    clusters = read_rows(folder / "clusters" / "clusters.tsv")
    if clusters:
        files = dict.fromkeys(f"{GENES}/chr{row['chrom']}.bgen" for row in clusters)
        given += f" --genotypes {' '.join(files)} --variants {' '.join(str(row['id']) for row in clusters)}"
    rules = f"--confounds simple/confounds.parquet --n-figures 1 --quiet --n-procs {n_procs}"
    return [
        f"cohort voxelwise stores/{quantity} {given} {rules} --out voxelwise/{quantity}"
        for quantity in ("chi", "t2star")
    ]


def _figures(folder: Path) -> list[str]:
    """Return the calls that draw; a locus and genotype groups are those of the strongest peak, where there is one."""
    from nipype_qsm.tables import read_rows

    calls = [
        "cohort plot --associations associations/associations.parquet --categories study/categories.tsv "
        "--reproducibility repeat/reproducibility.tsv --out figures",
        "cohort plot --idps first/idps.parquet --columns QSM_WMH WMH_volume T2_Left_putamen "
        "--gradients gathered/gradients.tsv --visit 2 --out figures",
        "gwas plot heritability --table heritability/heritability.tsv --out figures/heritability.png",
        "gwas plot miami --results gwas --out figures/miami.png",
        "gwas plot qq --results gwas --columns QSM_Left_putamen T2_Left_putamen QSM_WMH --out figures/qq.png",
    ]
    table = folder / "peaks" / "peaks.tsv"
    rows = read_rows(table) if table.is_file() else []
    if rows:
        top = max(rows, key=lambda row: float(str(row["mlog10p"])))
        file, trait = f"{GENES}/chr{top['chrom']}.bgen", str(top["trait"])
        middle = int(str(top["pos"]))
        region = f"{top['chrom']}:{middle - 250_000}-{middle + 250_000}"
        calls += [
            "gwas plot peaks --table peaks/peaks.tsv --out figures/peaks.png",
            f"gwas plot genotypes --genotypes {file} --traits deconfounded/residuals.parquet --columns {trait} "
            f"--variant {top['id']} --out figures/genotypes.png",
            f"gwas plot locus --results gwas --columns {trait} --region {region} --genotypes {file} "
            f"--gtf {GENES}/genes.gtf --out figures/locus.png",
        ]
    return calls
