"""V-SHARP as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import BackgroundRemoval, BackgroundRemovalInputSpec
from nipype_qsm.interfaces.base import traits
from nipype_qsm.kernels.background.vsharp import vsharp


class VSHARPInputSpec(BackgroundRemovalInputSpec):
    """Options of V-SHARP."""

    max_radius_mm = traits.Float(12.0, usedefault=True, desc="largest sphere [mm]")
    min_radius_mm = traits.Float(1.0, usedefault=True, desc="smallest sphere [mm]")
    step_mm = traits.Float(1.0, usedefault=True, desc="difference of two radii [mm]")
    mask_radius_mm = traits.Float(2.0, usedefault=True, desc="drop voxels whose sphere of this radius leaves the mask")
    resample_mm = traits.Union(
        traits.Float, None, default_value=1.0, usedefault=True, desc="isotropic working grid [mm]; None: as acquired"
    )
    deconvolution = traits.Bool(True, usedefault=True, desc="divide by the high pass of the largest sphere")
    threshold = traits.Range(0.0, 1.0, 0.05, usedefault=True, desc="least high pass that is divided by")


class VSHARP(BackgroundRemoval):
    """Remove the background with spherical means of variable radius."""

    input_spec = VSHARPInputSpec
    _kernel = staticmethod(vsharp)
