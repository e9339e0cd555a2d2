"""What the help of a verb looks like: texts that fit the window, and examples that can be copied.

The examples are commands of the pages in docs/, word for word: a test compares them, and others run those pages.
"""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from typing import Any

WIDEST = 100
"""Columns of a text that is read with ease."""
NARROWEST = 76
"""Columns that every window has."""
TWO_ECHOES = (
    "files out --phase echo1_phase.nii.gz echo2_phase.nii.gz --magnitude echo1.nii.gz echo2.nii.gz --mask brain.nii.gz"
)
EXAMPLES: dict[str, tuple[str, ...]] = {
    "files": (
        f"{TWO_ECHOES} --echo-times 0.0094 0.020 --field-strength 3 --preset ukb",
        f"{TWO_ECHOES} --inversion tkd --two-pass",
        "files demo/again --phase demo/subject/SWI/PHA_TE*/*.nii.gz --magnitude demo/subject/SWI/MAG_TE*/*.nii.gz "
        "--mask demo/subject/SWI/brain_mask.nii.gz",
    ),
    "ukb": (
        "ukb 1234567_20251_2_0.zip 1234567_20252_2_0.zip 1234567_20253_2_0.zip --out results",
        "ukb downloads/ --instance 2 --out results",
        "ukb subjects/1234567 --from chi --out from_released",
    ),
    "bids": (
        "bids data derivatives/nipype_qsm participant --participant-label 01 02",
        "bids data derivatives/nipype_qsm group",
    ),
    "batch": (
        "batch runs --jobs 4 -- ukb downloads/ --out results",
        "batch runs --jobs 4 -- bids data derivatives/qsm participant",
        'batch runs --slurm --mem-gb 1.5 --sbatch-args "--partition=short --time=1:00:00" '
        "-- ukb downloads/ --out results",
        "batch runs --table subjects.tsv "
        "-- files 'out/{subject}' --phase '{folder}/pha*.nii.gz' --magnitude '{folder}/mag*.nii.gz'",
    ),
    "compare": (
        "compare results/1234567_2 subjects/1234567 --out comparison",
        "compare results/idps.tsv from_released/idps.tsv --out comparison_of_phenotypes",
    ),
    "step": ("step inversion tkd --field-local maps/field_local.nii.gz --mask maps/mask_tissue.nii.gz --out tkd",),
    "cohort gather": ("cohort gather results --flags exclusions.tsv --withdrawn withdrawn.csv --out gathered",),
    "cohort clean": (
        "cohort clean --idps gathered/idps.tsv --visit 2 --phenotypes phenotypes.tsv --covariates covariates.tsv "
        "--out clean",
    ),
    "cohort associate": (
        "cohort associate --idps clean/idps.parquet --phenotypes clean/phenotypes.parquet "
        "--confounds clean/confounds.parquet --own-confounds gathered/gradients.tsv --visit 2 "
        "--categories categories.tsv --out associations",
    ),
    "cohort reproduce": ("cohort reproduce --idps gathered/idps.tsv --visits 2 3 --out repeat",),
    "cohort plot": (
        "cohort plot --associations associations/associations.parquet --categories categories.tsv "
        "--reproducibility repeat/reproducibility.tsv --out figures",
    ),
    "cohort ingest": ("cohort ingest results --visit 2 --withdrawn withdrawn.csv --out chi.store --plugin MultiProc",),
    "cohort template": ("cohort template chi.store --groups covariates.tsv --by sex --out templates",),
    "cohort check": ("cohort check chi.store",),
    "cohort voxelwise": (
        "cohort voxelwise chi.store --phenotypes clean/phenotypes.parquet --confounds clean/confounds.parquet "
        "--out voxelwise --plugin MultiProc",
    ),
    "gwas run": (
        "gwas run --genotypes imaged_c*.bgen --traits idps.tsv --covariates confounds.tsv components.tsv "
        "--keep lists/unrelated.txt --discovery discovery.txt --replication replication.txt --normalise --standardise "
        "--out gwas",
    ),
    "gwas peaks": ("gwas peaks --results gwas --map genetic_maps.b37.tar.gz --threshold 7.5 --out peaks",),
    "gwas clusters": (
        "gwas clusters --peaks peaks/peaks.tsv --map genetic_maps.b37.tar.gz --gtf gencode.v19.gtf.gz --out clusters",
    ),
    "gwas heritability": ("gwas heritability --results gwas --ld-scores eur_w_ld_chr --out heritability",),
    "gwas plot": (
        "gwas plot miami --results gwas --out figures/miami.png",
        "gwas plot peaks --table peaks/peaks.tsv --out figures/peaks.png",
    ),
    "gwas subset": (
        "gwas subset --genotypes ukb22828_c22.bgen --samples ukb22828.sample --keep imaged.txt --out imaged_c22.bgen",
    ),
    "demo": ("demo --size small --preset best --out demo", "demo --cohort 2000 --out study-demo"),
    "graph": ("graph ukb -o ukb.html", "graph register -o register.svg"),
}
"""Of each verb."""


class Formatter(argparse.HelpFormatter):
    """Fill the paragraphs of a text; keep the lines of one that has indented lines."""

    def __init__(self, prog: str, **settings: Any) -> None:
        settings.setdefault("width", min(shutil.get_terminal_size().columns - 2, WIDEST))
        super().__init__(prog, **settings)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.split("\n\n")
        return "\n\n".join(one if "\n " in one else textwrap.fill(one, width) for one in paragraphs)


class Parser(argparse.ArgumentParser):
    """A parser whose help is laid out so and ends with the verb's examples."""

    def __init__(self, *given: Any, epilog: str | None = None, **settings: Any) -> None:
        settings.setdefault("formatter_class", Formatter)
        verb = settings.get("prog", "").partition(" ")[2]
        shown = ["\n  ".join(["examples:", *map(_broken, EXAMPLES[verb])])] if verb in EXAMPLES else []
        super().__init__(*given, epilog="\n\n".join([*([epilog] if epilog else []), *shown]) or None, **settings)


def _broken(command: str) -> str:
    """Break a command into lines as a shell reads them; an option stays beside its first value."""
    first, *words = re.findall(r"""(?:--\S* (?!--))?(?:"[^"]*"|\S+)""", f"nipype-qsm {command}")
    lines = [first]
    for word in words:
        if len(lines[-1]) + len(word) + 5 > NARROWEST:
            lines[-1] += " \\"
            lines.append(f"      {word}")
        else:
            lines[-1] += f" {word}"
    return "\n".join(lines)
