"""Root-sum-of-squares magnitude as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import TraitedSpec, volume_out
from nipype_qsm.interfaces.coils.base import SeriesInputSpec, SeriesInterface
from nipype_qsm.kernels.coils.sum_of_squares import sum_of_squares


class SumOfSquaresOutputSpec(TraitedSpec):
    """Outputs of the sum of squares."""

    magnitude_sos = volume_out("magnitude_sos")
    magnitude_combined = volume_out("magnitude_combined")


class SumOfSquares(SeriesInterface):
    """Combine the magnitudes of all coils, echo by echo; no phase."""

    input_spec, output_spec = SeriesInputSpec, SumOfSquaresOutputSpec
    _kernel = staticmethod(sum_of_squares)
