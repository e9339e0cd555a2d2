"""SHARP as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import BackgroundRemoval, BackgroundRemovalInputSpec
from nipype_qsm.interfaces.base import traits
from nipype_qsm.kernels.background.sharp import sharp


class SHARPInputSpec(BackgroundRemovalInputSpec):
    """Options of SHARP."""

    radius_mm = traits.Float(6.0, usedefault=True, desc="radius of the sphere [mm]")
    threshold = traits.Range(0.0, 1.0, 0.05, usedefault=True, desc="least high pass that is divided by")


class SHARP(BackgroundRemoval):
    """Remove the background with the mean over one sphere."""

    input_spec = SHARPInputSpec
    _kernel = staticmethod(sharp)
