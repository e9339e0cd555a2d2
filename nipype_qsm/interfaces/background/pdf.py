"""Projection onto dipole fields as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import (
    BackgroundRemoval,
    BackgroundRemovalInputSpec,
    IterativeBackgroundRemovalOutputSpec,
)
from nipype_qsm.interfaces.base import b0_direction, traits, volume
from nipype_qsm.kernels.background.pdf import pdf


class PDFInputSpec(BackgroundRemovalInputSpec):
    """Options of the projection onto dipole fields."""

    magnitude_combined = volume("magnitude_combined")
    b0_direction = b0_direction()
    weighted = traits.Bool(False, usedefault=True, desc="weigh voxels by magnitude_combined")
    tolerance = traits.Range(0.0, 1.0, 0.01, usedefault=True, desc="stop when an iteration takes less of the energy")
    max_iterations = traits.Range(1, 10000, 60, usedefault=True, desc="limit of the iteration")
    pad_mm = traits.Float(24.0, usedefault=True, desc="how far outside the mask's box sources may lie [mm]")


class PDFOutputSpec(IterativeBackgroundRemovalOutputSpec):
    """What the projection tells beside the field."""

    residual = traits.Float(desc="share of the remaining energy that the last iteration took")


class PDF(BackgroundRemoval):
    """Remove the background that sources outside the mask explain."""

    input_spec, output_spec = PDFInputSpec, PDFOutputSpec
    _kernel = staticmethod(pdf)
