"""Total-variation inversion as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits, volume
from nipype_qsm.interfaces.inversion.base import (
    DipoleInversion,
    DipoleInversionInputSpec,
    IterativeInversionOutputSpec,
    selection,
)
from nipype_qsm.kernels.inversion.tv import tv


class PenaltyInputSpec(DipoleInversionInputSpec):
    """Options that the inversions with a penalty share."""

    magnitude_combined = volume("magnitude_combined")
    regularisation = traits.Range(
        low=0.0, value=0.4, exclude_low=True, usedefault=True, desc="smoothing per cube of the error's share"
    )
    selection = selection("smoothing by the field's error")
    outside_cost = traits.Range(
        low=0.0,
        high=1.0,
        value=0.02,
        exclude_low=True,
        usedefault=True,
        desc="smoothing outside the mask per error share",
    )
    support = traits.Bool(False, usedefault=True, desc="hold the map at one value outside the mask")
    tolerance = traits.Range(
        low=0.0,
        high=1.0,
        value=0.004,
        exclude_low=True,
        usedefault=True,
        desc="relative change that ends the iteration",
    )
    max_iterations = traits.Range(low=1, value=100, usedefault=True, desc="limit of the iteration")
    pad = traits.Range(low=0, value=16, usedefault=True, desc="room on every side [voxels]")


class TVInputSpec(PenaltyInputSpec):
    """Options of the total-variation inversion."""

    algorithm = algorithm("5")
    harmonic_weight = traits.Range(
        low=0.0,
        desc="weight of the Laplacian of a harmonic field that is fitted along [mm4]; 1e5 if left out, or none for a "
        "field from which no background was removed",
    )
    support = traits.Bool(
        desc="hold the map at one value outside the mask; if left out, where no background was removed"
    )
    give_back = traits.Bool(
        False, usedefault=True, desc="invert again the field with what background removal took, and take the mean"
    )


class TVOutputSpec(IterativeInversionOutputSpec):
    """What the total-variation inversion says about the field."""

    inconsistency = traits.Float(desc="share of the field that no susceptibility can make: 0 exact, 1 noise")
    weight = traits.Float(desc="strength of the penalty that was used")


class TV(DipoleInversion):
    """Invert with the least total variation that the error of the field calls for."""

    input_spec, output_spec = TVInputSpec, TVOutputSpec
    _kernel = staticmethod(tv)
