"""RESHARP as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import (
    BackgroundRemoval,
    BackgroundRemovalInputSpec,
    IterativeBackgroundRemovalOutputSpec,
)
from nipype_qsm.interfaces.base import traits
from nipype_qsm.kernels.background.resharp import resharp


class RESHARPInputSpec(BackgroundRemovalInputSpec):
    """Options of RESHARP."""

    radius_mm = traits.Float(6.0, usedefault=True, desc="radius of the sphere [mm]")
    regularisation = traits.Range(low=0.0, value=1e-4, usedefault=True, desc="weight of a small local field")
    tolerance = traits.Range(0.0, 1.0, 1e-3, usedefault=True, desc="stop at this relative residual")
    max_iterations = traits.Range(1, 10000, 100, usedefault=True, desc="limit of the iteration")


class RESHARP(BackgroundRemoval):
    """Remove the background with one sphere and a small local field."""

    input_spec, output_spec = RESHARPInputSpec, IterativeBackgroundRemovalOutputSpec
    _kernel = staticmethod(resharp)
