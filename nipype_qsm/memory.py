"""How much memory a node takes: a floor for the program, and so many bytes for each voxel of what it reads.

Nipype's `RamEstimator` is asked just before a node starts, when its input files exist; MultiProc schedules by it, and
this project's SLURM plugin asks for it. Until then a node's `mem_gb` is what it takes at UK Biobank's size. The bytes
stand in each interface (`memory`), measured; a test compares them with the peaks of a subject at two sizes.
"""

from __future__ import annotations

import math
from typing import Any

from nipype.utils.ram_estimator import RamEstimator

from nipype_qsm.io import read_frame
from nipype_qsm.series import Series

FLOOR_GB = 0.3
"""Python with NumPy, SciPy, Nipype and numba's compiled code: 0.11 to 0.26 GB measured."""

LEAST_GB = 0.2
"""Of a node that only hands on names: 0.11 GB measured."""


class VoxelMemory(RamEstimator):
    """Estimate a node's memory from the voxels of its inputs, of all files of a list together.

    Parameters
    ----------
    base_gb : float, GB
        Of the program without volumes.
    **bytes_per_voxel : float
        By port; a table of files (`series`) counts one coil's volume for each echo, because coils are read one by one.
    """

    def __init__(self, base_gb: float = FLOOR_GB, **bytes_per_voxel: float) -> None:
        super().__init__(bytes_per_voxel, overhead_gb=base_gb, min_gb=base_gb, max_gb=math.inf)

    @staticmethod
    def voxels(path: str) -> int:
        """Return the voxels of an image, or of one coil's images of a table of files."""
        if path.endswith(".json"):
            series = Series.load(path)
            return math.prod(series.frame.shape) * series.n_echoes
        return math.prod(read_frame(path).shape[:3])


def declare_memory(node: Any) -> None:
    """Let a node's memory follow its inputs, where its interface says how, and declare no less than Python takes."""
    estimator = getattr(node.interface, "memory", None)
    if estimator is not None and getattr(node, "ram_estimator", None) is None:
        node.ram_estimator = estimator
    node._mem_gb = max(node._mem_gb or 0.0, LEAST_GB)
