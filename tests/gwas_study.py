"""A small study on disk: imputed genotypes of two chromosomes, two traits with one planted locus each, two cohorts."""

from pathlib import Path

import numpy as np
from bgen_files import layout_2, random_probabilities, write_bgen

PLANTED = {"qsm_a": (3, 1.0), "t2star_b": (17, -0.8)}
"""Trait to the variant that acts on it and its effect."""


class Study:
    """Files of a study, and what is true."""

    def __init__(self, folder, n=240, n_variants=24, seed=8):
        rng = np.random.default_rng(seed)
        self.folder, self.n = Path(folder), n
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ids = [str(1000 + number) for number in range(n)]
        self.probabilities = random_probabilities(rng, n_variants, n, certain=0.9)
        self.counts = self.probabilities[..., 1] + 2 * self.probabilities[..., 2]
        half = n_variants // 2
        self.chrom = ["21"] * half + ["22"] * half
        self.pos = [20_000_000 + 400_000 * (row % half) for row in range(n_variants)]
        self.names = [f"rs{row}" for row in range(n_variants)]
        self.genotypes = self.write_genotypes("all.bgen", range(n_variants))
        self.covariates = rng.normal(size=(n, 2))
        self.traits = {
            name: rng.normal(size=n) + effect * self.counts[row] + self.covariates @ [0.5, -1]
            for name, (row, effect) in PLANTED.items()
        }
        self.traits["qsm_a"][:9] = np.nan
        self.trait_table = self.write_table("traits.tsv", self.traits)
        self.covariate_table = self.write_table(
            "covariates.tsv", {"c1": self.covariates[:, 0], "c2": self.covariates[:, 1]}
        )
        self.discovery = self.write_ids("discovery.txt", self.ids[: 2 * n // 3])
        self.replication = self.write_ids("replication.txt", self.ids[2 * n // 3 :])

    def write_genotypes(self, name, rows, order=None, flipped=False):
        order = range(self.n) if order is None else order
        variants = []
        for row in rows:
            stored = [
                self.probabilities[row][person][::-1] if flipped else self.probabilities[row][person]
                for person in order
            ]
            alleles = ("G", "A") if flipped else ("A", "G")
            block = layout_2([tuple(one[:2]) for one in stored])
            variants.append((self.chrom[row], self.pos[row], self.names[row], alleles, block))
        return str(write_bgen(self.folder / name, variants, [self.ids[person] for person in order]))

    def write_table(self, name, columns, ids=None, missing="NA"):
        ids = self.ids if ids is None else ids
        lines = ["\t".join(["eid", *columns])]
        for row, one in enumerate(ids):
            values = [column[row] for column in columns.values()]
            lines.append("\t".join([one, *(missing if np.isnan(value) else repr(float(value)) for value in values)]))
        (self.folder / name).write_text("\n".join(lines) + "\n")
        return str(self.folder / name)

    def write_ids(self, name, ids):
        (self.folder / name).write_text("\n".join(ids) + "\n")
        return str(self.folder / name)
