"""STAR-QSM as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits, volume
from nipype_qsm.interfaces.inversion.base import (
    DipoleInversion,
    DipoleInversionInputSpec,
    IterativeInversionOutputSpec,
    selection,
)
from nipype_qsm.kernels.inversion.star import star


class STARInputSpec(DipoleInversionInputSpec):
    """Options of STAR-QSM."""

    algorithm = algorithm("4")
    magnitude_combined = volume("magnitude_combined")
    strong_regularisation = traits.Range(
        low=0.0,
        value=2.0,
        exclude_low=True,
        usedefault=True,
        desc="smoothing of the first pass per cube of the error's share",
    )
    regularisation = traits.Range(
        low=0.0,
        value=0.4,
        exclude_low=True,
        usedefault=True,
        desc="smoothing of the second pass per cube of the error's share",
    )
    selection = selection("smoothing of the second pass by the field's error")
    strong_factor = traits.Range(
        low=0.0,
        value=10.0,
        exclude_low=True,
        usedefault=True,
        desc="robust standard deviations from the median that make a source strong",
    )
    tolerance = traits.Range(
        low=0.0, high=1.0, value=0.004, exclude_low=True, usedefault=True, desc="relative change that ends each pass"
    )
    max_iterations = traits.Range(low=1, value=100, usedefault=True, desc="limit of each pass")
    pad = traits.Range(low=0, value=16, usedefault=True, desc="room on every side [voxels]")


class STAROutputSpec(IterativeInversionOutputSpec):
    """What STAR-QSM says about the sources."""

    inconsistency = traits.Float(desc="share of the field that no susceptibility can make: 0 exact, 1 noise")
    n_strong = traits.Int(desc="voxels of strong sources")
    weight = traits.Float(desc="strength of the penalty of the second pass")


class STAR(DipoleInversion):
    """Invert strong and weak sources apart, and add them."""

    input_spec, output_spec = STARInputSpec, STAROutputSpec
    _kernel = staticmethod(star)
