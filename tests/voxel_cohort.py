"""A store of small maps, tables beside it in another order, and what is planted in it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nipype_qsm.map_store import MapStore

SHAPE = (12, 10, 8)
AFFINE = np.array([[-4.0, 0, 0, 22], [0, 4, 0, -18], [0, 0, 4, -14], [0, 0, 0, 1]])


class VoxelCohort:
    """Maps with gaps, in which the phenotype `planted` is in a ball, and a confound is everywhere.

    Parameters
    ----------
    folder : Path
    rng : numpy Generator
    n : int
    """

    def __init__(self, folder, rng, n=150):
        self.folder, self.path = folder, folder / "chi.store"
        x, y, z = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
        self.mask = x**2 + y**2 + z**2 < 1
        self.planted = ((x - 0.4) ** 2 + y**2 + z**2 < 0.12) & self.mask
        self.ids = [str(1000000 + k) for k in range(n)]
        self.confounds, self.phenotypes = rng.normal(size=(n, 4)), rng.normal(size=(n, 2))
        self.dosages = rng.integers(0, 3, (n, 1)).astype(float)
        self.components = rng.normal(size=(n, 2))
        values = rng.normal(size=(n, *SHAPE)) + self.confounds[:, 0, None, None, None]
        values += self.planted * self.phenotypes[:, 0, None, None, None]
        self.steps = np.round(200 * values).astype(np.int16)
        self.steps[rng.random(self.steps.shape) < 0.03] = -32768
        sizes = {"unit_size": 64, "chunk": 128, "shard": 256}
        about = {"space": "MNI152NLin6Asym", "quantity": "chi_referenced", "unit": "ppb", "scale": 0.1}
        store = MapStore.create(self.path, mask=self.mask, affine=AFFINE, **about, **sizes)
        self.columns = np.stack([store.vector(volume) for volume in self.steps])
        store.append(self.ids, self.columns)
        self.planted_columns = store.vector(self.planted)

    def table(self, name, values, columns, rows=None):
        """Write a table in reversed order; `rows` tells which subjects."""
        rows = np.arange(len(self.ids)) if rows is None else np.asarray(rows)
        frame = pd.DataFrame(values[rows], [self.ids[row] for row in rows], columns).rename_axis("eid")
        frame[::-1].to_csv(self.folder / f"{name}.tsv", sep="\t")
        return str(self.folder / f"{name}.tsv")

    def tables(self):
        return {
            "store": str(self.path),
            "phenotypes": self.table("phenotypes", self.phenotypes, ["planted", "nothing-2.0"]),
            "confounds": self.table("confounds", self.confounds, list("abcd")),
        }

    def genetics(self):
        return {
            "dosages": self.table("dosages", self.dosages, ["rs1_A"]),
            "components": self.table("components", self.components, ["pc1", "pc2"]),
        }
