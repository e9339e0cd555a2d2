"""Chi-separation as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.separation.base import SeparationInputSpec, SourceSeparation
from nipype_qsm.kernels.separation.chi_separation import chi_separation


class ChiSeparationInputSpec(SeparationInputSpec):
    """Options of the model."""

    relaxivity_3t = traits.Range(low=1.0, value=137.0, usedefault=True, desc="R2' per susceptibility at 3 T [Hz/ppm]")


class ChiSeparation(SourceSeparation):
    """Separate paramagnetic and diamagnetic susceptibility by R2'."""

    input_spec = ChiSeparationInputSpec
    _kernel = staticmethod(chi_separation)
