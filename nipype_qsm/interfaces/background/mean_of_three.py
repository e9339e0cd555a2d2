"""The mean of PDF, LBV and V-SHARP as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.background.base import BackgroundRemoval
from nipype_qsm.interfaces.background.pdf_lbv import PDFLBVInputSpec, PDFLBVOutputSpec
from nipype_qsm.interfaces.base import traits
from nipype_qsm.kernels.background.mean_of_three import mean_of_three


class MeanOfThreeInputSpec(PDFLBVInputSpec):
    """Options of the three methods that are averaged."""

    max_radius_mm = traits.Float(12.0, usedefault=True, desc="largest sphere of V-SHARP [mm]")
    mask_radius_mm = traits.Float(2.0, usedefault=True, desc="V-SHARP counts where a sphere of this radius fits [mm]")


class MeanOfThree(BackgroundRemoval):
    """Average projection onto dipole fields, Laplacian boundary value and, where it has a value, V-SHARP."""

    input_spec, output_spec = MeanOfThreeInputSpec, PDFLBVOutputSpec
    _kernel = staticmethod(mean_of_three)
