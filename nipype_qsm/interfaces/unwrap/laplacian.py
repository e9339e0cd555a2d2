"""Laplacian unwrapping as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import VoxelMemory, traits
from nipype_qsm.interfaces.unwrap.base import PhaseUnwrapping, PhaseUnwrappingInputSpec
from nipype_qsm.kernels.unwrap.laplacian import laplacian


class LaplacianUnwrapInputSpec(PhaseUnwrappingInputSpec):
    """Options of Laplacian unwrapping."""

    kind = traits.Enum("continuous", "discrete", usedefault=True, desc="band-limited derivatives, or 7-point stencil")
    pad = traits.Range(low=0, value=64, usedefault=True, desc="zeros on every side [voxels]")


class LaplacianUnwrap(PhaseUnwrapping):
    """Unwrap each echo by inverting the Laplacian of its phase."""

    input_spec = LaplacianUnwrapInputSpec
    memory = VoxelMemory(phase=34)
    _kernel = staticmethod(laplacian)
