"""Greedy as a node: an external program that comes as a Python wheel, so there is no kernel of this name.

Images are handed over on plain axes (voxel indices times voxel size), and what their headers say about their place
becomes the first matrix: an oblique or sheared header then needs no other reader to agree with ours. The result is
written as FSL's transforms, which every later step takes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nipype.interfaces.base import isdefined
from scipy import ndimage

from nipype_qsm.errors import RunError, ToolMissing
from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.base import KernelInputSpec, KernelInterface, TraitedSpec, threads, traits, volume
from nipype_qsm.interfaces.ports import File
from nipype_qsm.io import load_volume, read_array, save_image
from nipype_qsm.kernels.register.chain import Displacement, Matrix
from nipype_qsm.kernels.register.compose_transforms import compose_transforms
from nipype_qsm.transforms import fsl_mm, load_matrix, save_field, save_matrix

COARSE_MM = 4.0
"""Voxels on which the places to begin are compared."""
NOISE = 0.001
DOF = {"rigid": 6, "affine": 12, "deformable": 12}


class GreedyInputSpec(KernelInputSpec):
    """Two images, and how freely one may be moved onto the other."""

    fixed = volume("fixed", mandatory=True)
    moving = volume("moving", mandatory=True)
    mask_fixed = volume("mask_fixed", desc="where the images are compared, on the fixed image's grid")
    initial = File(exists=True, desc="FLIRT matrix to begin from; otherwise the best of several places is taken")
    kind = traits.Enum("rigid", "affine", "deformable", usedefault=True, desc="what the moving image may do")
    iterations = traits.Str(
        "100x50x10", usedefault=True, desc="iterations of the matrix on a quarter, half and full grid"
    )
    warp_iterations = traits.Str(
        "100x40x10", usedefault=True, desc="iterations of the warp on a quarter, half and full grid"
    )
    radius = traits.Int(2, usedefault=True, desc="radius of the patches whose correlation drives the warp [voxels]")
    smoothing = traits.List(
        traits.Float,
        [4.0, 1.0],
        usedefault=True,
        desc="Gaussian that smooths each step of the warp, and the warp [voxels; for about 1 mm]",
    )


class GreedyOutputSpec(TraitedSpec):
    """Transforms as FSL writes them."""

    matrix = File(exists=True, desc="FLIRT matrix, moving to fixed")
    matrix_inverted = File(exists=True, desc="FLIRT matrix, fixed to moving")
    warp = File(exists=True, desc="FNIRT field on the fixed image's grid, its matrix included (deformable)")
    cost = traits.Float(desc="what the program minimised, where it ended")
    commands = traits.List(traits.Str, desc="the program's command lines")


class Greedy(KernelInterface):
    """Register two images with Greedy (extra `registration`)."""

    input_spec, output_spec = GreedyInputSpec, GreedyOutputSpec

    def __init__(self, **inputs: Any) -> None:
        if importlib.util.find_spec("picsl_greedy") is None:
            raise ToolMissing(
                "Registration without FSL needs the package picsl-greedy.",
                remedy="Install it (pip install 'nipype_qsm[registration]'), or install FSL and use method='fsl'.",
            )
        super().__init__(**inputs)

    def _run_interface(self, runtime: Any) -> Any:
        folder = Path(runtime.cwd)
        self._commands: list[str] = []
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            self._results = self._registered(Path(scratch), folder)
        self._results["commands"] = self._commands
        return runtime

    def _registered(self, scratch: Path, folder: Path) -> dict[str, Any]:
        fixed, fixed_frame = load_volume(self.inputs.fixed, "fixed")
        moving, moving_frame = load_volume(self.inputs.moving, "moving")
        _plain(_with_noise(fixed), fixed_frame, scratch, "fixed")
        _plain(_with_noise(moving), moving_frame, scratch, "moving")
        mask = ""
        if isdefined(self.inputs.mask_fixed):
            region, own = load_volume(self.inputs.mask_fixed, "mask_fixed")
            fixed_frame.require_same(own, "mask_fixed")
            _plain(region, fixed_frame, scratch, "mask")
            mask = "-gm mask.nii"
        starts = self._starts(fixed, moving, fixed_frame, moving_frame)
        costs = [self._linear(scratch, start, mask, coarse=True) for start in starts] if len(starts) > 1 else [0.0]
        results: dict[str, Any] = {"cost": self._linear(scratch, starts[int(np.argmin(costs))], mask)}
        matrix = np.loadtxt(scratch / "matrix.txt")
        if self.inputs.kind == "deformable":
            results["cost"] = self._deformable(scratch, mask)
            warp = self._warp(scratch, matrix, fixed_frame, moving_frame)
            results["warp"] = str(save_field(warp, fixed_frame, folder / "warp.nii"))
        back = _from_plain(moving_frame) @ matrix @ np.linalg.inv(_from_plain(fixed_frame))
        results["matrix"] = str(save_matrix(np.linalg.inv(back), folder / "matrix.mat"))
        results["matrix_inverted"] = str(save_matrix(back, folder / "matrix_inverted.mat"))
        return results

    def _starts(self, fixed: np.ndarray, moving: np.ndarray, fixed_frame: Frame, moving_frame: Frame) -> list:
        """Return where to begin: as given, or the headers' axes with three guesses at the place."""
        if isdefined(self.inputs.initial):
            there = np.linalg.inv(load_matrix(self.inputs.initial))
            return [np.linalg.inv(_from_plain(moving_frame)) @ there @ _from_plain(fixed_frame)]
        header = (
            _plain_axes(moving_frame)
            @ np.linalg.inv(moving_frame.affine)
            @ fixed_frame.affine
            @ np.linalg.inv(_plain_axes(fixed_frame))
        )
        starts = [header]
        for centre in (lambda volume: (np.array(volume.shape) - 1) / 2, ndimage.center_of_mass):
            here = _plain_axes(fixed_frame) @ [*centre(fixed), 1]
            there = _plain_axes(moving_frame) @ [*centre(moving), 1]
            start = header.copy()
            start[:3, 3] += there[:3] - (header @ here)[:3]
            starts.append(start)
        return starts

    def _linear(self, scratch: Path, start: np.ndarray, mask: str, *, coarse: bool = False) -> float:
        np.savetxt(scratch / "start.txt", start, fmt="%.12g")
        dof = 6 if coarse else DOF[self.inputs.kind]
        iterations = self.inputs.iterations.partition("x")[0] if coarse else self.inputs.iterations
        # Without jitter: its random numbers make every run another one.
        command = f"-a -dof {dof} -jitter 0 -m NMI -i fixed.nii moving.nii {mask} -ia start.txt -o matrix.txt"
        return self._greedy(scratch, f"{command.replace('.nii', '_coarse.nii') if coarse else command} -n {iterations}")

    def _deformable(self, scratch: Path, mask: str) -> float:
        radius, (step, whole) = self.inputs.radius, self.inputs.smoothing
        return self._greedy(
            scratch,
            f"-noise 0 -m NCC {radius}x{radius}x{radius} -i fixed.nii moving.nii {mask} -it matrix.txt -o field.nii "
            f"-s {step}vox {whole}vox -n {self.inputs.warp_iterations}",
        )

    def _greedy(self, scratch: Path, command: str) -> float:
        from picsl_greedy import Greedy3D

        whole = f"-d 3 -threads {max(1, self.inputs.num_threads)} -V 0 {' '.join(command.split())}"
        self._commands.append(f"greedy {whole}")
        whole = " ".join(str(scratch / part) if part.endswith((".nii", ".txt")) else part for part in whole.split(" "))
        program, said = Greedy3D(), io.StringIO()
        try:
            with _told_to(scratch.parent / "greedy.log"):
                program.execute(whole, out=said, err=said)
        except Exception as error:
            raise RunError(
                f"Greedy failed: {error} {said.getvalue()[-300:]}",
                remedy="Look at the two images: same head, neither empty nor cut off?",
            ) from error
        levels = [np.ravel(level["TotalPerPixelMetric"]) for level in program.metric_log()]
        return float([level for level in levels if level.size][-1][-1])

    def _warp(self, scratch: Path, matrix: np.ndarray, fixed_frame: Frame, moving_frame: Frame) -> np.ndarray:
        """Join the program's field and matrix into one FNIRT field."""
        field = read_array(scratch / "field.nii").reshape(*fixed_frame.shape, 3)
        # ITK's millimetres run to the left and to the back.
        field = np.ascontiguousarray(np.moveaxis(field * np.array([-1, -1, 1], np.float32), 3, 0))
        chain = [
            Matrix(np.linalg.inv(_from_plain(fixed_frame))),
            Displacement(field, np.linalg.inv(_plain_axes(fixed_frame)), np.eye(4)),
            Matrix(_from_plain(moving_frame) @ matrix),
        ]
        with threads(self.inputs.num_threads):
            return compose_transforms(chain, fsl_mm(fixed_frame), shape=fixed_frame.shape).warp


@contextlib.contextmanager
def _told_to(log: Path) -> Iterator[None]:
    """Send to a file what compiled code writes to the terminal."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            for number, copy in enumerate(kept, start=1):
                os.dup2(copy, number)
                os.close(copy)


def _plain_axes(frame: Frame) -> np.ndarray:
    """Return voxel indices to plain millimetres, counted from the middle: a turn is then no shift."""
    axes = np.diag([*np.linalg.norm(frame.affine[:3, :3], axis=0), 1.0])
    axes[:3, 3] = -axes[:3, :3] @ (np.array(frame.shape[:3]) - 1) / 2
    return axes


def _from_plain(frame: Frame) -> np.ndarray:
    """Return plain millimetres to FSL's."""
    return fsl_mm(frame) @ np.linalg.inv(_plain_axes(frame))


def _with_noise(volume: np.ndarray) -> np.ndarray:
    """Return the volume with a little noise, the same every time: a patch that is all even has no correlation."""
    noise = np.random.default_rng(0).standard_normal(volume.shape, np.float32)
    return volume + np.float32(NOISE * np.ptp(volume)) * noise


def _plain(array: np.ndarray, frame: Frame, folder: Path, name: str) -> None:
    """Write an image on plain axes, and the means of its blocks of about `COARSE_MM`."""
    axes = _plain_axes(frame)
    block = [max(1, min(round(COARSE_MM / axes[a, a]), n // 8)) for a, n in enumerate(array.shape)]
    kept = array[tuple(slice(n // b * b) for n, b in zip(array.shape, block, strict=True))].astype(np.float32)
    parts = [size for n, b in zip(kept.shape, block, strict=True) for size in (n // b, b)]
    coarse = np.diag([*map(float, block), 1.0])
    coarse[:3, 3] = (np.array(block) - 1) / 2
    means = kept.reshape(parts).mean(axis=(1, 3, 5), dtype=np.float32)
    for values, affine, ending in ((array, axes, ""), (means, axes @ coarse, "_coarse")):
        image = nib.Nifti1Image(values.astype(np.float32), affine)
        image.set_qform(affine, 1)
        save_image(image, folder / f"{name}{ending}.nii")
