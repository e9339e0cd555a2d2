"""The space halfway between two visits as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import TraitedSpec, isdefined

from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.base import KernelInputSpec, SimpleStep, traits, volume
from nipype_qsm.interfaces.ports import File
from nipype_qsm.io import read_frame, save_volume
from nipype_qsm.kernels.regions.midway import midway
from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.transforms import flirt_from_world, fsl_mm, load_matrix, save_matrix


class MidwayInputSpec(KernelInputSpec):
    """A map of each visit, for its grid, and the motion between them."""

    chi_first = volume("chi_first", mandatory=True)
    chi_second = volume("chi_second", mandatory=True)
    second_to_first = File(
        exists=True, table=True, desc="FLIRT matrix of the gradient echoes; without it the visits share scanner space"
    )


class MidwayOutputSpec(TraitedSpec):
    """Transforms as FLIRT's matrices, and the grid they lead to."""

    first_to_mid = File(exists=True, table=True, desc="FLIRT matrix from the first visit to the middle")
    second_to_mid = File(exists=True, table=True, desc="FLIRT matrix from the second visit to the middle")
    mid_reference = File(exists=True, table=True, desc="an image, all zero, on the middle's grid")
    degrees = traits.Float(desc="rotation between the visits [degrees]")
    distance_mm = traits.Float(desc="how far the middle of the image moved between the visits [mm]")


class Midway(SimpleStep):
    """Find the space halfway between two visits of one head."""

    input_spec, output_spec = MidwayInputSpec, MidwayOutputSpec

    def _run_interface(self, runtime: Any) -> Any:
        folder = Path(runtime.cwd)
        first, second = (read_frame(path) for path in (self.inputs.chi_first, self.inputs.chi_second))
        given = self.inputs.second_to_first
        motion = _world(load_matrix(given), second, first) if isdefined(given) else np.eye(4)
        found = midway(motion, first.affine, second.affine)
        mid = Frame(first.shape[:3], found.affine, "the space between the visits")
        nothing = np.zeros(mid.shape, np.float32)
        reference = save_volume(nothing, mid, folder / "mid_reference.nii", VOCABULARY["chi_first"])
        self._results = {"mid_reference": str(reference), **_motion(motion, first)}
        for name, frame, matrix in (("first", first, found.first_to_mid), ("second", second, found.second_to_mid)):
            flirt = flirt_from_world(matrix, frame, mid)
            self._results[f"{name}_to_mid"] = str(save_matrix(flirt, folder / f"{name}_to_mid.mat"))
        return runtime


def _world(flirt: np.ndarray, moving: Frame, reference: Frame) -> np.ndarray:
    """Return a FLIRT matrix as a map of scanner millimetres."""
    to_scanner = reference.affine @ np.linalg.inv(fsl_mm(reference))
    return to_scanner @ flirt @ fsl_mm(moving) @ np.linalg.inv(moving.affine)


def _motion(motion: np.ndarray, frame: Frame) -> dict[str, float]:
    turn = np.clip((np.trace(motion[:3, :3]) - 1) / 2, -1, 1)
    middle = frame.affine @ [*((n - 1) / 2 for n in frame.shape[:3]), 1]
    return {
        "degrees": float(np.degrees(np.arccos(turn))),
        "distance_mm": float(np.linalg.norm((motion @ middle - middle)[:3])),
    }
