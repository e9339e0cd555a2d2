"""One displacement field for a chain of transforms, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import isdefined

from nipype_qsm.interfaces.base import KernelInterface, TraitedSpec, threads, traits
from nipype_qsm.interfaces.ports import File
from nipype_qsm.interfaces.register.base import TransformInputSpec
from nipype_qsm.io import read_frame
from nipype_qsm.kernels.register.compose_transforms import compose_transforms
from nipype_qsm.transforms import fsl_mm, load_steps, save_field


class ComposeTransformsOutputSpec(TraitedSpec):
    """The field."""

    warp = File(exists=True, desc="relative displacement field on the reference's grid, as FNIRT writes it [mm]")
    n_unsettled = traits.Int(desc="voxels at which an inverted displacement did not settle")


class ComposeTransforms(KernelInterface):
    """Join transforms into one displacement field; a single inverted warp gives its inverse."""

    input_spec, output_spec = TransformInputSpec, ComposeTransformsOutputSpec

    def _run_interface(self, runtime: Any) -> Any:
        given = self.inputs
        reference = read_frame(given.reference)
        steps = load_steps(
            given.transforms,
            inverted=list(given.inverted) if isdefined(given.inverted) else (),
            displacements=given.displacements,
        )
        with threads(given.num_threads):
            result = compose_transforms(steps, fsl_mm(reference), shape=reference.shape[:3])
        path = save_field(result.warp, reference, Path(runtime.cwd) / "warp.nii")
        self._results = {"warp": str(path), "n_unsettled": result.n_unsettled}
        return runtime
