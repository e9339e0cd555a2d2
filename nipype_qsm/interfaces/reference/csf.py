"""The zero of susceptibility as that of cerebrospinal fluid, as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.reference.base import ReferenceInputSpec, ReferenceOutputSpec, ReferenceSusceptibility
from nipype_qsm.kernels.reference.csf import csf


class CSFReferenceInputSpec(ReferenceInputSpec):
    """Options of the mixture."""

    erosion_mm = traits.Float(0.0, usedefault=True, desc="take this much [mm] off the ventricles' surface first")
    max_iterations = traits.Int(500, usedefault=True, desc="most steps of the fit")
    tolerance = traits.Float(1e-6, usedefault=True, desc="change of the mean log-likelihood at which the fit stops")


class CSFReferenceOutputSpec(ReferenceOutputSpec):
    """The map, the value, and how the fit went."""

    fluid_share = traits.Float(desc="part of the values that the fluid explains")
    iterations = traits.Int(desc="steps of the fit")
    converged = traits.Bool(desc="whether the fit settled")


class CSFReference(ReferenceSusceptibility):
    """Subtract the centre of the fluid in a mixture fitted to the ventricles."""

    input_spec, output_spec = CSFReferenceInputSpec, CSFReferenceOutputSpec
    _kernel = staticmethod(csf)
