"""Genome-wide scan: speed against plink2 and against bare decompression, memory, and agreement, on one thread.

    python benchmarks/genetics.py [--people 20000] [--variants 1000] [--traits 36]

Imputed genotypes are made (eight bits, zlib, a quarter of them uncertain), written as BGEN and given to plink2, if it
is installed, as its own .pgen. CPU seconds, best of three (plink2: of one): a busy machine does not matter much.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _timing import best

from nipype_qsm.genotypes import open_genotypes
from nipype_qsm.genotypes.bgen import Bgen
from nipype_qsm.genotypes.bgen_writer import BgenWriter, diploid_block
from nipype_qsm.interfaces.base import threads
from nipype_qsm.interfaces.genetics import LinearGWAS
from nipype_qsm.kernels.genetics.heritability import heritability


def children(run):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_genotypes(path, n_people, n_variants, rng, certain=0.75):
    with BgenWriter(path, [f"i{one}" for one in range(1, n_people + 1)]) as writer:
        for row in range(n_variants):
            calls = rng.binomial(2, rng.uniform(0.02, 0.5), n_people)
            found = np.zeros((n_people, 3), np.float32)
            found[np.arange(n_people), calls] = 1
            unsure = rng.random(n_people) > certain
            found[unsure] = 0.8 * found[unsure] + 0.2 * rng.dirichlet([1, 1, 1], int(unsure.sum()))
            stored = np.rint(found[:, :2] * 255).astype(np.uint8)
            stored[:, 1] = np.minimum(stored[:, 1], 255 - stored[:, 0])
            block = diploid_block(np.full(n_people, 2, np.uint8), stored)
            writer.add(("1", 1000 * row + 1, f"rs{row + 1}"), ("A", "G"), block)


def write_tables(folder, n_people, n_traits, rng):
    ids = [f"i{one}" for one in range(1, n_people + 1)]
    values, covariates = rng.normal(size=(n_people, n_traits)), rng.normal(size=(n_people, 10))
    gaps = np.where(rng.random(values.shape) < 0.005, np.nan, values)
    for name, table in (("complete", values), ("gaps", gaps), ("covariates", covariates)):
        lines = ["\t".join(["#IID", *(f"T{column}" for column in range(table.shape[1]))])]
        for one, row in zip(ids, table, strict=True):
            lines.append("\t".join([one, *("NA" if np.isnan(value) else f"{value:.6f}" for value in row)]))
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")


def scanned(folder, traits, *covariates, **options):
    node = LinearGWAS(
        genotypes=[str(folder / "made.bgen")], trait_table=str(folder / f"{traits}.tsv"), folder=str(folder / "out")
    )
    if covariates:
        node.inputs.covariates = [str(folder / f"{name}.tsv") for name in covariates]
    node.inputs.trait_set(**options)
    node.run(cwd=str(folder))


def program(folder, traits, covariates=False):
    adjusted = ["--covar", "covariates.tsv"] if covariates else []
    glm = ["--glm", *([] if covariates else ["allow-no-covars"]), "omit-ref", "hide-covar"]
    arguments = ["plink2", "--pfile", "made", "--pheno", f"{traits}.tsv", *adjusted, *glm, "--threads", "1"]
    subprocess.run([*arguments, "--out", "theirs"], cwd=folder, check=True, capture_output=True)


def scans(folder, options, rng):
    write_genotypes(folder / "made.bgen", options.people, options.variants, rng)
    write_tables(folder, options.people, options.traits, rng)
    size = (folder / "made.bgen").stat().st_size / options.people / options.variants
    print(
        f"{options.variants} variants x {options.people} people x {options.traits} traits, {size:.2f} bytes a genotype"
    )
    file = Bgen(folder / "made.bgen")
    bare, _ = best(lambda: [len(inflated()) for _, inflated, _ in file.variants()])
    everyone = np.arange(options.people)
    decode, _ = best(lambda: [len(block) for block in open_genotypes(folder / "made.bgen").blocks(everyone)])
    # Reading and adjusting the traits does not grow with the genome: a scan of one variant is taken off, and told.
    kinds = {"complete": ["complete"], "gaps": ["gaps"], "gaps, 10 covariates": ["gaps", "covariates"]}
    once = {name: best(lambda: scanned(folder, *tables, regions=["1:1-1"]))[0] for name, tables in kinds.items()}  # noqa: B023
    runs = {name: best(lambda: scanned(folder, *tables))[0] - once[name] for name, tables in kinds.items()}  # noqa: B023
    rate = options.variants
    print(f"{'':<28}{'CPU s':>8}{'variants/s':>12}   of bare decompression")
    print(f"{'bare decompression':<28}{bare:>8.2f}{rate / bare:>12.0f}")
    print(f"{'decoded':<28}{decode:>8.2f}{rate / decode:>12.0f}   {bare / decode:.0%}")
    for name, seconds in runs.items():
        print(f"{'scan, ' + name:<28}{seconds:>8.2f}{rate / seconds:>12.0f}   {bare / seconds:.0%}")
    print("and once, to read and adjust the traits: " + ", ".join(f"{name} {one:.2f} s" for name, one in once.items()))
    return runs


def against_plink2(folder, options, runs):
    version = subprocess.run(["plink2", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    convert = ["plink2", "--bgen", "made.bgen", "ref-first", "--make-pgen", "--out", "made", "--threads", "1"]
    subprocess.run(convert, cwd=folder, check=True, capture_output=True)
    print(f"beside it {version}, from .pgen:")
    for name, traits, covariates in (
        ("complete", "complete", False),
        ("gaps", "gaps", False),
        ("gaps, 10 covariates", "gaps", True),
    ):
        seconds = children(lambda: program(folder, traits, covariates))  # noqa: B023
        print(f"{'  ' + name:<28}{seconds:>8.2f}{options.variants / seconds:>12.0f}   {seconds / runs[name]:.0f} x")


def memory(folder, options, rng):
    print("peak memory of a scan, by number of variants:")
    for n_variants in (500, 4000):
        inner = folder / str(n_variants)
        inner.mkdir()
        write_genotypes(inner / "made.bgen", 2000, n_variants, rng)
        write_tables(inner, 2000, options.traits, rng)
        code = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import genetics; from pathlib import Path"
        )
        code += f"; genetics.scanned(Path({str(inner)!r}), 'gaps')"
        code += "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        print(f"  {n_variants:>6} variants {done.stdout.split()[-1]:>6} MB")


def regression(rng, size=1_050_000):
    score, n = 1 + rng.gamma(1.2, 20, size), np.full(size, 29579.0)
    z = rng.standard_normal(size) * np.sqrt(1 + n * 0.3 * score / (size * 20))
    seconds, _ = best(lambda: heritability(z, n, score, size * 6.0))
    print(f"LD score regression of {size} variants: {seconds:.2f} s a trait")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--variants", type=int, default=1000)
    parser.add_argument("--traits", type=int, default=36)
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name, threads(1):
        folder = Path(name)
        runs = scans(folder, options, rng)
        if shutil.which("plink2"):
            against_plink2(folder, options, runs)
        memory(folder, options, rng)
        regression(rng)


if __name__ == "__main__":
    main()
