"""CLEAR-SWI as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import KernelInputSpec, b0_direction, traits, volume
from nipype_qsm.interfaces.swi.base import WeightedImage
from nipype_qsm.kernels.swi.clear_swi import clear_swi


class ClearSWIInputSpec(KernelInputSpec):
    """Options of CLEAR-SWI."""

    phase = volume("phase", mandatory=True)
    magnitude = volume("magnitude", mandatory=True)
    mask = volume("mask", mandatory=True)
    echo_times = traits.List(traits.Float, mandatory=True, desc="echo times [s]")
    b0_direction = b0_direction()
    smoothing_voxels = traits.Range(
        low=0.1, value=4.0, usedefault=True, desc="sigma in a slice of what is subtracted from the phase [voxels]"
    )
    level = traits.Range(low=0.1, value=4.0, usedefault=True, desc="strength of the phase mask")
    softplus = traits.Bool(True, usedefault=True, desc="compress dark magnitudes")
    pad = traits.Range(low=0, value=64, usedefault=True, desc="zeros on every side while unwrapping [voxels]")


class ClearSWI(WeightedImage):
    """Weight the echoes' combined magnitude with their combined high-pass phase."""

    input_spec = ClearSWIInputSpec
    _kernel = staticmethod(clear_swi)
