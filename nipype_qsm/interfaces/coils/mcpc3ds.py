"""MCPC-3D-S as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import algorithm, traits, volume, volume_out
from nipype_qsm.interfaces.coils.base import CoilCombination, CoilCombinationInputSpec, CoilCombinationOutputSpec
from nipype_qsm.kernels.coils.mcpc3ds import mcpc3ds


class MCPC3DSInputSpec(CoilCombinationInputSpec):
    """Options of MCPC-3D-S."""

    algorithm = algorithm("2")
    phase_difference = volume("phase_difference")
    magnitude_difference = volume("magnitude_difference")
    smoothing_voxels = traits.Range(0.0, 100.0, 4.0, usedefault=True, desc="sigma of the offset's smoothing [voxels]")
    smoothing_mm = traits.List(traits.Float, [], usedefault=True, desc="largest sigma [mm], one number or one an axis")
    smoothing_finest_mm = traits.Range(
        low=0.0, value=float("inf"), exclude_low=True, usedefault=True, desc="largest sigma along the finest axis [mm]"
    )
    smooth_in_mask = traits.Bool(False, usedefault=True, desc="leave the signal outside the brain out of the smoothing")
    level_combined = traits.Bool(
        True, usedefault=True, desc="with one coil, smooth in the mask without the offset's quadratic trend"
    )
    bipolar = traits.Bool(False, usedefault=True, desc="remove the phase of alternating readouts (three echoes)")


class MCPC3DSOutputSpec(CoilCombinationOutputSpec):
    """Outputs of MCPC-3D-S."""

    phase_offset = volume_out("phase_offset", desc="the offset removed, if there is one coil [rad]")


class MCPC3DS(CoilCombination):
    """Combine coils, each turned back by its smooth phase offset."""

    input_spec, output_spec = MCPC3DSInputSpec, MCPC3DSOutputSpec
    _kernel = staticmethod(mcpc3ds)
