"""The map of two passes as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import KernelInputSpec, KernelInterface, TraitedSpec, volume, volume_out
from nipype_qsm.kernels.masks.merge_passes import merge_passes


class MergePassesInputSpec(KernelInputSpec):
    """The two maps."""

    chi = volume("chi", mandatory=True)
    chi_without_sources = volume("chi_without_sources", mandatory=True)
    mask_without_sources = volume("mask_without_sources", mandatory=True)


class MergePassesOutputSpec(TraitedSpec):
    """The merged map."""

    chi = volume_out("chi")


class MergePasses(KernelInterface):
    """Put the map without strong sources into the map of everything."""

    input_spec, output_spec = MergePassesInputSpec, MergePassesOutputSpec
    _kernel = staticmethod(merge_passes)
