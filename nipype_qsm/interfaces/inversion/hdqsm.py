"""Hybrid data fidelity as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.tv import PenaltyInputSpec, TVOutputSpec
from nipype_qsm.kernels.inversion.hdqsm import hdqsm


class HDQSMInputSpec(PenaltyInputSpec):
    """What penalties share, and its own."""

    algorithm = algorithm("2")
    regularisation = traits.Range(
        low=0.0, value=0.2, exclude_low=True, usedefault=True, desc="smoothing per cube of the error's share"
    )
    rejection = traits.Range(
        low=0.0, value=1.0, exclude_low=True, usedefault=True, desc="largest pull of a voxel, relative to the error"
    )
    first_iterations = traits.Range(low=1, value=20, usedefault=True, desc="iterations of the first stage")


class HDQSM(DipoleInversion):
    """Invert with the absolute misfit first and the squared one then."""

    input_spec, output_spec = HDQSMInputSpec, TVOutputSpec
    _kernel = staticmethod(hdqsm)
