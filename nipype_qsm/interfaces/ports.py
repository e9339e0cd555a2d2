"""What the ports of every interface are made of: files, volumes of the vocabulary, and the version of an algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype.interfaces.base import Directory as AnyDirectory
from nipype.interfaces.base import File as AnyFile
from nipype.interfaces.base import InputMultiObject, OutputMultiObject, traits

from nipype_qsm.quantities import VOCABULARY


class _Absolute:
    """Complete a path when it is given.

    A node runs in a folder of its own, where a path that was meant from the user's folder leads nowhere. Links are not
    followed, unlike by Nipype's `resolve`: names tell echoes and coils apart, and side-cars stand beside the link.
    """

    def validate(self, objekt: Any, name: str, value: Any, return_pathlike: bool = False) -> Any:
        """Check as Nipype does, and complete the path."""
        path = Path(super().validate(objekt, name, value)).absolute()  # type: ignore[misc]
        return path if return_pathlike else str(path)


class File(_Absolute, AnyFile):
    """A file that is known by its absolute path from the moment when it is given."""


class Directory(_Absolute, AnyDirectory):
    """A folder that is known by its absolute path from the moment when it is given."""


def volume(quantity: str, **metadata: Any) -> traits.TraitType:
    """Declare an input port that carries a quantity of the vocabulary: one file, or one file an echo."""
    what = VOCABULARY[quantity]
    metadata.setdefault("desc", f"{what.meaning} [{what.unit or 'no unit'}]")
    if what.per_echo:
        return InputMultiObject(File(exists=True), quantity=quantity, **metadata)
    return File(exists=True, quantity=quantity, **metadata)


def volume_out(quantity: str, **metadata: Any) -> traits.TraitType:
    """Declare an output port that carries a quantity of the vocabulary."""
    what = VOCABULARY[quantity]
    metadata.setdefault("desc", f"{what.meaning} [{what.unit or 'no unit'}]")
    if what.per_echo:
        return OutputMultiObject(File(exists=True), quantity=quantity, **metadata)
    return File(exists=True, quantity=quantity, **metadata)


def b0_direction() -> traits.TraitType:
    """Declare the optional port that overrides the affine's B0 direction."""
    return traits.List(
        traits.Float,
        minlen=3,
        maxlen=3,
        desc="direction of B0 in voxel axes, for images whose affine does not hold it",
    )


def algorithm(version: str) -> traits.TraitType:
    """Declare the version of a method's algorithm; a method that computes something else from now on gets a new one.

    It is part of what Nipype compares before it takes a node's earlier result, since it does not look at the code.
    """
    return traits.Str(version, usedefault=True, desc="version of the algorithm: part of the cache key, not a choice")
