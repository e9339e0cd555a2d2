"""How well a T1 image lies on the template that its warp leads to, as a node.

Nothing else asks a warp whose it is: another subject's moves maps without complaint, and the nigra is measured beside
itself. Every second millimetre is enough to tell, so that a warp is judged in a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.base import KernelInputSpec, KernelInterface, VoxelMemory, algorithm, threads, traits, volume
from nipype_qsm.interfaces.ports import File
from nipype_qsm.interfaces.register.alignment import AlignmentOutputSpec
from nipype_qsm.io import load_volume, read_frame
from nipype_qsm.kernels.register.alignment import alignment
from nipype_qsm.kernels.register.apply_transform import apply_transform
from nipype_qsm.kernels.register.chain import Matrix
from nipype_qsm.transforms import load_chain


class TemplateAlignmentInputSpec(KernelInputSpec):
    """An image, and the warp that is asked whether it is this image's."""

    algorithm = algorithm("1")
    fixed = volume("fixed", mandatory=True, desc="brain of an MNI average, zero outside it")
    t1w = volume("t1w", mandatory=True)
    t1_to_mni = File(exists=True, mandatory=True, desc="FNIRT field or coefficients: T1 to a template of the MNI brain")
    reference = File(exists=True, mandatory=True, desc="image on the template's grid; its values are not read")
    spacing_mm = traits.Range(low=0.5, value=2.0, usedefault=True, desc="distance of the voxels that are compared [mm]")


class TemplateAlignment(KernelInterface):
    """Measure how well a T1 image lies on an average of the MNI brain, through a warp to any such average."""

    input_spec, output_spec = TemplateAlignmentInputSpec, AlignmentOutputSpec
    memory = VoxelMemory(t1w=5, reference=59)

    def _run_interface(self, runtime: Any) -> Any:
        given = self.inputs
        t1w, frame = load_volume(given.t1w, "t1w", "t1w")
        there = read_frame(given.reference)
        coarse = _coarse(there, given.spacing_mm)
        inwards = Matrix(np.linalg.inv(there.affine) @ coarse.affine)
        way = [inwards, *load_chain([given.t1_to_mni], frame, there)]
        with threads(given.num_threads):
            moved = apply_transform(t1w, way, shape=coarse.shape).moved
            brain, own = load_volume(given.fixed, "fixed")
            by_header = Matrix(np.linalg.inv(own.affine) @ coarse.affine)
            fixed = apply_transform(brain, [by_header], shape=coarse.shape).moved
            self._results = alignment(fixed, moved, fixed > 0, coarse.grid())._asdict()
        return runtime


def _coarse(frame: Frame, spacing_mm: float) -> Frame:
    """Return a grid of wider voxels over the same place."""
    steps = [max(1, round(spacing_mm / size)) for size in np.linalg.norm(frame.affine[:3, :3], axis=0)]
    shape = tuple(-(-n // step) for n, step in zip(frame.shape[:3], steps, strict=True))
    return Frame(shape, frame.affine @ np.diag([*steps, 1.0]), frame.source)
