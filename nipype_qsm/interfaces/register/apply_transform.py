"""Moving a volume along transforms, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from nipype.interfaces.base import isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import KernelInterface, TraitedSpec, VoxelMemory, threads, traits, volume, volume_out
from nipype_qsm.interfaces.register.base import TransformInputSpec
from nipype_qsm.io import load_volume, read_frame, save_volume, sidecar_path, write_json
from nipype_qsm.kernels.register.apply_transform import Moved, apply_transform
from nipype_qsm.quantities import VOCABULARY, Quantity
from nipype_qsm.spaces import canonical, require_same_space
from nipype_qsm.transforms import load_chain

SPLINE = ("chi", "chi_referenced", "field_local", "field_total")
LABELS = ("labels",)


class ApplyTransformInputSpec(TransformInputSpec):
    """The volume, where it goes, and how it is read between its voxels."""

    moving = volume("moving", mandatory=True)
    mask = volume("mask", desc="on the moving volume's grid: moved along by nearest neighbour, zero outside it")
    quantity = traits.Str(
        "moving", usedefault=True, desc="what the volume is, by its name in the vocabulary: names the file and its unit"
    )
    interpolation = traits.Enum(
        "auto",
        "spline",
        "linear",
        "nearest",
        usedefault=True,
        desc="auto: nearest for masks and labels, spline for susceptibility and field, linear for the rest",
    )
    moving_space = traits.Str("", usedefault=True, desc="name of the moving volume's space")
    reference_space = traits.Str("", usedefault=True, desc="name of the reference's space")


class ApplyTransformOutputSpec(TraitedSpec):
    """The volume on the other grid."""

    moved = volume_out("moved")
    n_outside = traits.Int(desc="voxels of the reference that lie outside the moving volume")
    n_unsettled = traits.Int(desc="voxels at which an inverted displacement did not settle")
    space = traits.Str(desc="name of the space that the result lies in, where it was given")


class ApplyTransform(KernelInterface):
    """Move a volume onto another grid, through any chain of FSL's transforms, with one interpolation."""

    input_spec, output_spec = ApplyTransformInputSpec, ApplyTransformOutputSpec
    memory = VoxelMemory(moving=5, reference=7, transforms=59)

    def _run_interface(self, runtime: Any) -> Any:
        given = self.inputs
        what = _quantity(given.quantity)
        interpolation = _interpolation(what, given.interpolation)
        paths = list(given.transforms) if isdefined(given.transforms) else []
        if not paths and given.moving_space and given.reference_space:
            require_same_space(given.reference_space, given.moving_space, "moving")
        reference = read_frame(given.reference)
        moving, frame = load_volume(given.moving, what, "moving")
        chain = load_chain(
            paths,
            frame,
            reference,
            inverted=list(given.inverted) if isdefined(given.inverted) else (),
            displacements=given.displacements,
        )
        with threads(given.num_threads):
            result = _masked(moving, chain, reference.shape[:3], interpolation, self._mask(frame))
        _require_something(moving, result.moved, frame.source, reference.source)
        space = canonical(given.reference_space or (given.moving_space if not paths else ""))
        moved = result.moved > 0.5 if what.mask else result.moved
        path = save_volume(moved, reference, Path(runtime.cwd) / f"{what.name}.nii", what)
        if space:
            write_json({"SpatialReference": space}, sidecar_path(path))
        self._results = {
            "moved": str(path),
            "n_outside": result.n_outside,
            "n_unsettled": result.n_unsettled,
            **({"space": space} if space else {}),
        }
        return runtime

    def _mask(self, frame: Any) -> np.ndarray | None:
        if not isdefined(self.inputs.mask):
            return None
        mask, own = load_volume(self.inputs.mask, "mask")
        frame.require_same(own, "mask")
        return mask


def _quantity(name: str) -> Quantity:
    if name not in VOCABULARY:
        raise QSMError(
            f"There is no quantity '{name}'.", remedy="Choose a name of docs/quantities.md, or 'moving' for anything."
        )
    return VOCABULARY[name]


def _interpolation(what: Quantity, chosen: str) -> str:
    if what.name in LABELS and chosen not in ("auto", "nearest"):
        raise QSMError(
            f"Labels cannot be moved by {chosen} interpolation: numbers between two labels name a third.",
            remedy="Use nearest.",
        )
    if chosen != "auto":
        return chosen
    if what.mask or what.name in LABELS:
        return "nearest"
    return "spline" if what.name in SPLINE else "linear"


def _masked(
    moving: np.ndarray, chain: Any, shape: tuple[int, ...], interpolation: str, mask: np.ndarray | None
) -> Moved:
    result = apply_transform(moving.astype(np.float32), chain, shape=shape, interpolation=interpolation)
    if mask is None:
        return result
    kept = apply_transform(mask.astype(np.float32), chain, shape=shape, interpolation="nearest").moved > 0.5
    return result._replace(moved=result.moved * kept)


def _require_something(moving: np.ndarray, moved: np.ndarray, source: str, reference: str) -> None:
    if np.any(moving) and not np.any(moved):
        raise QSMError(
            f"Nothing of {source} arrives on the grid of {reference}: the transforms lead elsewhere.",
            remedy="Check that they were made for these two images, and their order and direction (inverted).",
        )
