"""The ports that transforms travel through, and how they are read."""

from __future__ import annotations

from nipype.interfaces.base import InputMultiObject

from nipype_qsm.interfaces.base import KernelInputSpec, traits
from nipype_qsm.interfaces.ports import File


class TransformInputSpec(KernelInputSpec):
    """What every step along a chain of transforms takes."""

    reference = File(exists=True, mandatory=True, desc="image whose grid the result has; its values are not read")
    transforms = InputMultiObject(
        File(exists=True),
        desc="FLIRT matrices and FNIRT fields or coefficients, in order from the moving image to the reference; "
        "without any, both share the scanner's millimetres",
    )
    inverted = traits.List(traits.Bool, desc="one a transform: whether it leads the other way")
    displacements = traits.Enum(
        "auto", "relative", "absolute", usedefault=True, desc="what displacement fields hold, as FSL's --rel and --abs"
    )
