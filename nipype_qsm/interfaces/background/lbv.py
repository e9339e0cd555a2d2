"""The Laplacian boundary value method as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import (
    BackgroundRemoval,
    BackgroundRemovalInputSpec,
    IterativeBackgroundRemovalOutputSpec,
)
from nipype_qsm.interfaces.base import algorithm, traits
from nipype_qsm.kernels.background.lbv import lbv


class LBVInputSpec(BackgroundRemovalInputSpec):
    """Options of the Laplacian boundary value method."""

    algorithm = algorithm("2")
    peel = traits.Range(0, 100, 0, usedefault=True, desc="layers of voxels taken off the mask first")
    reach_mm = traits.Union(
        traits.Range(low=0.0, exclude_low=True),
        None,
        default_value=35.0,
        usedefault=True,
        desc="how far an error on the surface is carried inwards [mm]; None: through the brain",
    )
    tolerance = traits.Range(0.0, 1.0, 1e-4, usedefault=True, desc="stop at this relative residual")
    max_iterations = traits.Range(1, 100000, 2000, usedefault=True, desc="limit of the iteration")


class LBV(BackgroundRemoval):
    """Remove the harmonic function that has the field's values on the mask's surface."""

    input_spec, output_spec = LBVInputSpec, IterativeBackgroundRemovalOutputSpec
    _kernel = staticmethod(lbv)
