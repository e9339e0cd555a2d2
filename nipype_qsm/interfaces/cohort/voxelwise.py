"""A stretch of a store's voxels, correlated with everything in the design: what one node of many does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import Directory, File

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import KernelInputSpec, TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort
from nipype_qsm.interfaces.cohort.voxel_design import loaded
from nipype_qsm.io import atomically
from nipype_qsm.kernels.cohort.voxel_rows import voxel_rows
from nipype_qsm.kernels.cohort.voxelwise import VoxelMaps, VoxelScan, voxelwise
from nipype_qsm.map_store import MapStore

MOST_BYTES = 640e6
"""Of voxels that are in memory together."""

PART = np.dtype([("r", np.float32), ("n", np.int32), ("mlog10p", np.float32), ("reason", np.int8)])
"""What a part holds for every variable and voxel."""


class VoxelwiseInputSpec(KernelInputSpec):
    """A stretch of voxels, and rules."""

    store = Directory(exists=True, mandatory=True, desc="the store of maps")
    design = Directory(exists=True, mandatory=True, desc="as voxel_design wrote it")
    key = traits.Str(desc="of the design and the maps: a node with the same is not run again")
    voxels = traits.List(
        traits.Int, minlen=2, maxlen=2, mandatory=True, desc="the first voxel, and the one after the last"
    )
    dof = traits.Enum("adjusted", "calibrated", "pairwise", usedefault=True, desc="as Associate counts them")
    min_subjects = traits.Range(low=3, value=40, usedefault=True, desc="subjects a voxel and a pair need")
    min_dof = traits.Range(low=1, value=1, usedefault=True, desc="degrees of freedom a pair needs")
    factor = traits.Union(
        traits.Range(low=0.0, value=6.0, exclude_low=True),
        None,
        default_value=6.0,
        usedefault=True,
        desc="median absolute deviations that are believed; none for all values",
    )
    mad_scale = traits.Range(
        low=0.0, value=1.0, exclude_low=True, usedefault=True, desc="1 counts plain deviations, 1.4826 a Gaussian's"
    )
    min_levels = traits.Range(low=0, value=10, usedefault=True, desc="voxels of fewer levels keep their outliers")
    precision = traits.Enum("single", "double", usedefault=True, desc="r to 1e-6, or to 1e-11 at half the speed")


class VoxelwiseOutputSpec(TraitedSpec):
    """Correlations of these voxels."""

    part = File(exists=True, table=True, desc="r, n, mlog10p and reason of every variable and voxel, .npy")
    means = File(exists=True, table=True, desc="mean of every voxel without its outliers, steps, .npy")
    n_outliers = traits.Int(desc="values that were called missing for being far from their voxel's median")


class Voxelwise(Cohort):
    """Correlate a stretch of voxels with every phenotype and variant."""

    input_spec, output_spec = VoxelwiseInputSpec, VoxelwiseOutputSpec
    _kernel = staticmethod(voxelwise)

    def _tables(self, folder: Path) -> dict[str, Any]:
        store = MapStore.open(self.inputs.store)
        design, facts = loaded(self.inputs.design)
        options = ("dof", "min_subjects", "min_dof", "mad_scale", "min_levels", "precision")
        scan = VoxelScan(design, factor=self.inputs.factor, **{name: getattr(self.inputs, name) for name in options})
        first, last = self.inputs.voxels
        width = max(16, min(last - first, int(MOST_BYTES / 2 / len(facts["subjects"]))))
        stretches = [slice(start, min(start + width, last)) for start in range(first, last, width)]
        parts = [scan.run(steps_of(store, stretch, facts["subjects"])) for stretch in stretches]
        path = folder / "part.npy"
        with atomically(path) as temporary, temporary.open("wb") as file:
            np.save(file, np.concatenate([_table(part) for part in parts], axis=1))
        means = folder / "means.npy"
        with atomically(means) as temporary, temporary.open("wb") as file:
            np.save(file, np.concatenate([part.means for part in parts]).astype(np.float32))
        return {"part": str(path), "n_outliers": int(sum(part.n_outliers.sum() for part in parts)), "means": str(means)}


def steps_of(store: MapStore, voxels: slice, subjects: list[str]) -> np.ndarray:
    """Read voxels of some subjects, a unit of the store at a time, as `voxel_rows` turns them.

    Parameters
    ----------
    store : MapStore
    voxels : slice
    subjects : list of str
        In the order of the columns.

    Returns
    -------
    steps : (voxels, subjects) uint16 array
    """
    column = {one: k for k, one in enumerate(subjects)}
    steps = np.empty((voxels.stop - voxels.start, len(subjects)), np.uint16)
    found = 0
    for unit in store.units:
        own = [(row, column[one]) for row, one in enumerate(unit.subjects) if one in column]
        if own:
            rows, columns = np.array(own, np.int64).T
            voxel_rows(store.read(voxels, [unit]), rows, steps, columns)
            found += len(own)
    if found < len(subjects):
        raise QSMError(
            f"{len(subjects) - found} subjects of the design are not in {store.path} any more.", remedy="Run again."
        )
    return steps


def _table(part: VoxelMaps) -> np.ndarray:
    """Return (variables, voxels) rows, which can be read a variable at a time."""
    table = np.empty(part.r.shape, PART)
    for name in PART.names or ():
        table[name] = getattr(part, name)
    return table
