"""The mean of PDF and LBV as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import (
    BackgroundRemoval,
    BackgroundRemovalInputSpec,
    BackgroundRemovalOutputSpec,
)
from nipype_qsm.interfaces.base import b0_direction, traits, volume
from nipype_qsm.kernels.background.pdf_lbv import pdf_lbv


class PDFLBVInputSpec(BackgroundRemovalInputSpec):
    """Options of the two methods that are averaged."""

    magnitude_combined = volume("magnitude_combined")
    b0_direction = b0_direction()
    weighted = traits.Bool(False, usedefault=True, desc="weigh voxels by magnitude_combined in the projection")
    peel = traits.Range(0, 100, 0, usedefault=True, desc="layers the boundary value takes off the mask first")
    pad_mm = traits.Float(24.0, usedefault=True, desc="how far outside the mask's box sources may lie [mm]")


class PDFLBVOutputSpec(BackgroundRemovalOutputSpec):
    """What the two solvers tell beside the field: the projection first."""

    iterations = traits.List(traits.Int, desc="iterations done, of the projection and of the boundary value")
    residual = traits.List(traits.Float, desc="their last residuals")
    converged = traits.Bool(desc="whether both met their tolerance")


class PDFLBV(BackgroundRemoval):
    """Average projection onto dipole fields and Laplacian boundary value."""

    input_spec, output_spec = PDFLBVInputSpec, PDFLBVOutputSpec
    _kernel = staticmethod(pdf_lbv)
