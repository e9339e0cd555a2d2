"""The virtual reference coil as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.coils.base import CoilCombination, CoilCombinationInputSpec
from nipype_qsm.kernels.coils.virtual_reference import virtual_reference


class VirtualReferenceInputSpec(CoilCombinationInputSpec):
    """Options of the virtual reference coil."""

    reference_radius_mm = traits.Float(10.0, usedefault=True, desc="ball at the centre where coils agree in phase [mm]")
    smoothing_voxels = traits.Range(0.0, 100.0, 4.0, usedefault=True, desc="sigma of the phase's smoothing [voxels]")
    smoothing_mm = traits.List(traits.Float, [], usedefault=True, desc="largest sigma [mm], one number or one an axis")


class VirtualReference(CoilCombination):
    """Combine coils, each turned to the phase of a virtual reference coil."""

    input_spec = VirtualReferenceInputSpec
    _kernel = staticmethod(virtual_reference)
