"""HARPERELLA as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits, volume_out
from nipype_qsm.interfaces.unwrap.base import PhaseUnwrapping, PhaseUnwrappingInputSpec, PhaseUnwrappingOutputSpec
from nipype_qsm.kernels.unwrap.harperella import harperella


class HARPERELLAInputSpec(PhaseUnwrappingInputSpec):
    """Options of HARPERELLA."""

    tolerance = traits.Range(
        low=0.0, high=1.0, value=1e-4, exclude_low=True, usedefault=True, desc="relative residual that ends it"
    )
    max_iterations = traits.Range(low=1, value=2000, usedefault=True, desc="limit of the iteration")


class HARPERELLAOutputSpec(PhaseUnwrappingOutputSpec):
    """What HARPERELLA says about itself."""

    mask_local = volume_out("mask_local")
    iterations = traits.List(traits.Int, desc="iterations of each echo")
    residual = traits.List(traits.Float, desc="last relative residual of each echo")
    converged = traits.Bool(desc="whether every echo met the tolerance")


class HARPERELLA(PhaseUnwrapping):
    """Unwrap each echo and remove its background in one step."""

    input_spec, output_spec = HARPERELLAInputSpec, HARPERELLAOutputSpec
    _kernel = staticmethod(harperella)
