"""The Laplacian boundary value method as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import (
    BackgroundRemoval,
    BackgroundRemovalInputSpec,
    IterativeBackgroundRemovalOutputSpec,
)
from nipype_qsm.interfaces.base import traits
from nipype_qsm.kernels.background.lbv import lbv


class LBVInputSpec(BackgroundRemovalInputSpec):
    """Options of the Laplacian boundary value method."""

    peel = traits.Range(0, 100, 0, usedefault=True, desc="layers of voxels taken off the mask first")
    tolerance = traits.Range(0.0, 1.0, 1e-4, usedefault=True, desc="stop at this relative residual")
    max_iterations = traits.Range(1, 100000, 2000, usedefault=True, desc="limit of the iteration")


class LBV(BackgroundRemoval):
    """Remove the harmonic function that has the field's values on the mask's surface."""

    input_spec, output_spec = LBVInputSpec, IterativeBackgroundRemovalOutputSpec
    _kernel = staticmethod(lbv)
