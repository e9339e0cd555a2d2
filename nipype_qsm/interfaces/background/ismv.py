"""iSMV as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import (
    BackgroundRemoval,
    BackgroundRemovalInputSpec,
    IterativeBackgroundRemovalOutputSpec,
)
from nipype_qsm.interfaces.base import traits
from nipype_qsm.kernels.background.ismv import ismv


class ISMVInputSpec(BackgroundRemovalInputSpec):
    """Options of iSMV."""

    radius_mm = traits.Float(5.0, usedefault=True, desc="radius of the sphere [mm]")
    tolerance = traits.Range(0.0, 1.0, 1e-3, usedefault=True, desc="stop at this relative residual")
    max_iterations = traits.Range(1, 10000, 100, usedefault=True, desc="limit of the iteration")


class ISMV(BackgroundRemoval):
    """Remove the background that one sphere's mean leaves unchanged."""

    input_spec, output_spec = ISMVInputSpec, IterativeBackgroundRemovalOutputSpec
    _kernel = staticmethod(ismv)
