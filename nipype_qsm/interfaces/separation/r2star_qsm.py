"""R2*-QSM as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.separation.base import SeparationInputSpec, SourceSeparation
from nipype_qsm.kernels.separation.r2star_qsm import r2star_qsm


class R2StarQSMInputSpec(SeparationInputSpec):
    """Options of the model."""

    relaxivity_3t = traits.Range(low=1.0, value=274.0, usedefault=True, desc="R2* per susceptibility at 3 T [Hz/ppm]")


class R2StarQSM(SourceSeparation):
    """Separate paramagnetic and diamagnetic susceptibility by R2*."""

    input_spec = R2StarQSMInputSpec
    _kernel = staticmethod(r2star_qsm)
