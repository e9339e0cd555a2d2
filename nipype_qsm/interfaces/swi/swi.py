"""The susceptibility-weighted image as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import KernelInputSpec, traits, volume
from nipype_qsm.interfaces.swi.base import WeightedImage
from nipype_qsm.kernels.swi.swi import swi


class SWIInputSpec(KernelInputSpec):
    """Options of the phase mask."""

    phase_filtered = volume("phase_filtered", mandatory=True)
    magnitude = volume("magnitude", mandatory=True)
    echo = traits.Range(low=0, value=0, usedefault=True, desc="which echo, from 1; 0 takes the last")
    power = traits.Range(low=0.0, value=4.0, usedefault=True, desc="how often the phase mask is multiplied")
    darkened = traits.Enum(
        "positive",
        "negative",
        usedefault=True,
        desc="sign of the phase that is darkened: positive shows veins and iron, negative calcification",
    )


class SWI(WeightedImage):
    """Multiply the magnitude with a power of the phase mask."""

    input_spec = SWIInputSpec
    _kernel = staticmethod(swi)
