"""MEDI as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits, volume
from nipype_qsm.interfaces.inversion.base import DipoleInversion, DipoleInversionInputSpec, selection
from nipype_qsm.interfaces.inversion.tv import TVOutputSpec
from nipype_qsm.kernels.inversion.medi import medi


class MEDIInputSpec(DipoleInversionInputSpec):
    """Options of MEDI."""

    algorithm = algorithm("2")
    magnitude_combined = volume("magnitude_combined")
    mask_reference = volume("mask_reference")
    regularisation = traits.Range(
        low=0.0, value=0.45, exclude_low=True, usedefault=True, desc="smoothing per share of noise"
    )
    selection = selection("smoothing by the field's noise")
    radians_per_ppm = traits.Range(
        low=0.0, desc="phase of 1 ppm: 2 pi gamma B0 TE; 0 is linear; as large as the field allows if left out"
    )
    merit = traits.Bool(True, usedefault=True, desc="take weight from voxels that no map explains")
    reference_weight = traits.Range(
        low=0.0, value=0.1, usedefault=True, desc="weight of a uniform reference region relative to the data"
    )
    outside_cost = traits.Range(
        low=0.0,
        high=1.0,
        value=0.02,
        exclude_low=True,
        usedefault=True,
        desc="smoothing outside the mask per error share",
    )
    tolerance = traits.Range(
        low=0.0, high=1.0, value=0.05, exclude_low=True, usedefault=True, desc="relative change that ends the steps"
    )
    max_iterations = traits.Range(low=1, value=10, usedefault=True, desc="limit of the steps")
    pad = traits.Range(low=0, value=16, usedefault=True, desc="room on every side [voxels]")


class MEDI(DipoleInversion):
    """Invert by least squares on the complex signal, with edges where the magnitude has them."""

    input_spec, output_spec = MEDIInputSpec, TVOutputSpec
    _kernel = staticmethod(medi)
