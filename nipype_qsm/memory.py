"""How much memory a node takes: a floor for the program, and so many bytes for each voxel of its largest input.

Nipype's `RamEstimator` is asked just before a node starts, when its input files exist; MultiProc schedules by it, and
this project's SLURM plugin asks for it. Until then a node's `mem_gb` is what it takes at UK Biobank's size. The bytes
stand beside each interface (`bytes_per_voxel`), measured; a test compares them with measured peaks at two sizes.
"""

from __future__ import annotations

import math
from typing import Any

from nipype.interfaces.base import isdefined
from nipype.utils.ram_estimator import RamEstimator

from nipype_qsm.errors import QSMError
from nipype_qsm.io import read_frame
from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.series import Series

FLOOR_GB = 0.3
"""Python with NumPy, SciPy, Nipype and numba's compiled code: 0.12 to 0.26 GB measured."""

USUAL_ECHOES = 2


class VoxelMemory(RamEstimator):
    """Estimate a node's memory from the voxels of its largest input.

    Parameters
    ----------
    bytes_per_voxel : float
        At two echoes; what a node takes of more echoes is taken to grow with them.
    """

    def __init__(self, bytes_per_voxel: float) -> None:
        super().__init__(overhead_gb=FLOOR_GB)
        self.bytes_per_voxel = bytes_per_voxel

    def __call__(self, inputs: Any) -> tuple[float, str]:
        """Return GB, and how they come about."""
        n = n_voxels(inputs)
        gb = round(FLOOR_GB + n * self.bytes_per_voxel / 2**30, 3)
        return gb, f"{FLOOR_GB:g} GB and {self.bytes_per_voxel:g} bytes for each of {n} voxels: {gb:g} GB"


def n_voxels(inputs: Any) -> int:
    """Return the voxels of the largest input image of a node; more than two echoes count as more voxels."""
    found = [0]
    for name, value in inputs.get().items():
        if not isdefined(value) or not value:
            continue
        paths = [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
        paths = [each for each in paths if isinstance(each, str) and each.endswith((".nii", ".nii.gz"))]
        try:
            if name == "series":
                series = Series.load(value)
                found.append(math.prod(series.frame.shape) * max(USUAL_ECHOES, series.n_echoes) // USUAL_ECHOES)
            elif paths:
                quantity = inputs.trait(name).quantity
                echoes = len(paths) if quantity is not None and VOCABULARY[quantity].per_echo else 1
                found.append(math.prod(read_frame(paths[0]).shape[:3]) * max(USUAL_ECHOES, echoes) // USUAL_ECHOES)
        except (QSMError, OSError, ValueError):
            continue  # the node itself says what is wrong with its input
    return max(found)


def declare_memory(node: Any) -> None:
    """Let a node's memory follow its input, where its interface says how much it takes a voxel."""
    wanted = getattr(node.interface, "bytes_per_voxel", None)
    if wanted is not None and getattr(node, "ram_estimator", None) is None:
        node.ram_estimator = VoxelMemory(wanted)
