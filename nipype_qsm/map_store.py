"""The maps of a cohort as one matrix on disk: a row a subject, a column a voxel of the brain.

Values are whole steps of a scale (0.1 ppb) in 16 bits, in zarr (version 3): chunks of 256 subjects x 8,192 voxels, in
shards of 256 x 65,536, so that one node writes whole files that nobody else touches, and one analysis reads few bytes
of all. `-32768` is missing. What is not finished is not there: a killed or full run leaves the store as it was.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from nipype_qsm.errors import ImageError, QSMError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import load_volume, save_volume
from nipype_qsm.kernels.cohort.unit_sums import Sums, unit_sums
from nipype_qsm.map_matrix import MISSING, Matrix
from nipype_qsm.map_units import Unit, Units, faults, fingerprint, writing

FORMAT = 1
UNIT_SIZE, CHUNK, SHARD = 256, 8192, 65536
MASK, MATRIX, UNITS = "mask.nii.gz", "maps.zarr", "units"


class MapStore:
    """Maps of one quantity in one space; made by `create` and `open`.

    Attributes
    ----------
    mask : (x, y, z) bool array
        The voxels that are kept.
    affine : (4, 4) float array
    space : str
        Name of the space, such as MNI152NLin6Asym.
    quantity, unit : str
        Such as chi_referenced, in ppb.
    scale : float
        Units of one step.
    missing : int
        What stands where a subject has no value: -32768.
    n_voxels : int
    unit_size : int
        Subjects of a unit, at most.
    chunk : int
        Voxels that are read together.
    """

    missing = MISSING

    def __init__(self, path: Path, matrix: Matrix) -> None:
        self.path, self._matrix = path, matrix
        facts = matrix.facts
        if facts.get("format") != FORMAT:
            raise QSMError(
                f"{path} has the format {facts.get('format')}; this version reads {FORMAT}.",
                remedy="Ingest the maps again, or use the version that made the store.",
            )
        self.space, self.quantity, self.unit = (str(facts[name]) for name in ("space", "quantity", "units"))
        self.scale = float(facts["scale_factor"])
        self.n_voxels, self.unit_size, self.chunk = matrix.n_voxels, matrix.unit_size, matrix.chunk
        self.mask, self.frame = load_volume(path / MASK, "mask")
        self.affine = self.frame.affine
        self.units_folder = Units(path / UNITS)

    @classmethod
    def create(
        cls,
        path: str | os.PathLike,
        *,
        mask: np.ndarray,
        affine: np.ndarray,
        space: str,
        quantity: str,
        unit: str,
        scale: float,
        unit_size: int = UNIT_SIZE,
        chunk: int = CHUNK,
        shard: int = SHARD,
    ) -> MapStore:
        """Make an empty store: all of it, or nothing.

        Parameters
        ----------
        path : path
            A folder that is not there yet.
        mask : (x, y, z) bool array
        affine : (4, 4) float array
        space, quantity, unit : str
        scale : float, units
            Of one step: values up to 32,767 steps can be kept.
        unit_size : int
            Subjects of a unit, a chunk and a shard.
        chunk, shard : int
            Voxels of a chunk and of a shard, a multiple of it.
        """
        target, inside = Path(path), np.asarray(mask, bool)
        if target.exists():
            raise ImageError(f"{target} is there already.", remedy="Open it to append, or choose another name.")
        if not inside.any():
            raise ImageError("The mask of the store is empty.", remedy="Give the brain on the maps' grid.")
        facts = {
            "format": FORMAT,
            "quantity": quantity,
            "units": unit,
            "scale_factor": float(scale),
            "missing_value": MISSING,
            "space": space,
            "voxel_order": "mask in file order, first axis fastest",
        }
        draft = target.with_name(f".{target.name}-{uuid4().hex[:8]}")
        try:
            (draft / UNITS).mkdir(parents=True)
            save_volume(inside, Frame(inside.shape, np.asarray(affine, float)), draft / MASK, "mask")
            sizes = {"unit_size": unit_size, "chunk": chunk, "shard": shard}
            Matrix.create(draft / MATRIX, int(inside.sum()), facts, **sizes)
            draft.rename(target)
        except OSError as error:
            raise ImageError(f"{target} cannot be made ({error}).", remedy="Choose a folder with space.") from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return cls.open(target)

    @classmethod
    def open(cls, path: str | os.PathLike) -> MapStore:
        """Open a store."""
        folder = Path(path)
        if not (folder / MATRIX / "zarr.json").is_file() or not (folder / MASK).is_file():
            raise ImageError(f"{folder} is no store of maps.", remedy="Make one: nipype-qsm cohort ingest.")
        return cls(folder, Matrix(folder / MATRIX))

    @cached_property
    def units(self) -> list[Unit]:
        """The finished units, in the order of their rows, as they were when first asked for (`refresh`)."""
        return self.units_folder.finished()

    @property
    def subjects(self) -> list[str]:
        """Ids of the subjects whose maps are there, in the order of the rows."""
        return [subject for unit in self.units for subject in unit.subjects]

    def refresh(self) -> None:
        """Look again which units are finished."""
        self.__dict__.pop("units", None)
        self._matrix = Matrix(self.path / MATRIX)

    def read(self, voxels: slice, units: Sequence[Unit] | None = None) -> np.ndarray:
        """Read a stretch of voxels of all subjects.

        Parameters
        ----------
        voxels : slice
            Of the brain's voxels; cheapest from one multiple of `chunk` to another.
        units : sequence of Unit, optional
            Of these units' subjects alone.

        Returns
        -------
        values : (subjects, voxels) int16 array, steps
        """
        chosen = self.units if units is None else units
        width = len(range(*voxels.indices(self.n_voxels)))
        values = np.empty((sum(len(unit.subjects) for unit in chosen), width), np.int16)
        row = 0
        for unit in chosen:
            count = len(unit.subjects)
            try:
                values[row : row + count] = self._matrix.read(unit.number, count, voxels)
            except Exception as error:
                raise ImageError(
                    f"Unit {unit.number} of {self.path} is damaged ({error}).",
                    remedy="See what is damaged, and ingest it again: nipype-qsm cohort check.",
                ) from None
            row += count
        return values

    @cached_property
    def index(self) -> np.ndarray:
        """Place of each of the brain's voxels in a file, the first axis fastest."""
        return np.flatnonzero(self.mask.reshape(-1, order="F"))

    def volume(self, values: np.ndarray, *, fill: float = 0) -> np.ndarray:
        """Put a number a voxel of the brain into its place.

        Parameters
        ----------
        values : (n_voxels,) array
        fill : number
            Outside the brain.

        Returns
        -------
        volume : (x, y, z) array
            Of the values' kind, in file order.
        """
        flat = np.full(self.mask.size, fill, np.asarray(values).dtype)
        flat[self.index] = values
        return flat.reshape(self.mask.shape, order="F")

    def vector(self, volume: np.ndarray) -> np.ndarray:
        """Return the brain's voxels of a volume, in the order of the columns (`volume[mask]` has another)."""
        return np.asarray(volume).reshape(-1, order="F")[self.index]

    def append(self, subjects: Sequence[str], block: np.ndarray) -> None:
        """Add subjects in new units.

        Parameters
        ----------
        subjects : sequence of str
            None of them there yet.
        block : (subjects, n_voxels) int16 array, steps
        """
        with writing(self.path):
            place = {str(subject): row for row, subject in enumerate(subjects)}
            if len(place) < len(subjects):
                raise QSMError("A subject was given twice.", remedy="Give each subject one row.")
            for number, own in self.plan(dict.fromkeys(place, "")).items():
                self.write(number, list(own), block[[place[subject] for subject in own]])
        self.refresh()

    def plan(self, maps: Mapping[str, str]) -> dict[int, dict[str, str]]:
        """Share new subjects out to units, and make room for them; one process at a time (`writing`).

        Parameters
        ----------
        maps : mapping of str to str
            Subject to file.

        Returns
        -------
        plan : dict
            Unit's number to its subjects and their files: what is to be written.
        """
        known = set(maps) & set(self.subjects)
        if known:
            raise QSMError(
                f"{min(known)} and {len(known) - 1} others are in {self.path} already.",
                remedy="Leave them out: a subject has one map.",
            )
        plan = self.units_folder.plan(maps, self.unit_size)
        self._matrix.grow(self.units_folder.next_number())
        return plan

    def write(
        self, number: int, subjects: Sequence[str], block: np.ndarray, notes: Mapping[str, Any] | None = None
    ) -> Sums:
        """Write a planned unit, its sums, and last its marker.

        Parameters
        ----------
        number : int
        subjects : sequence of str
        block : (subjects, n_voxels) int16 array, steps
        notes : mapping, optional
            Kept with the marker.

        Returns
        -------
        sums : Sums
            Of the whole unit.
        """
        if block.shape != (len(subjects), self.n_voxels) or block.dtype != np.int16 or len(subjects) > self.unit_size:
            raise QSMError(
                f"A unit of {len(subjects)} subjects was given {block.shape} values of {block.dtype}.",
                remedy=f"Give int16, up to {self.unit_size} subjects by {self.n_voxels} voxels.",
            )
        sums = unit_sums(block, missing=MISSING)
        try:
            paths = [*self._matrix.write(number, block), self.units_folder.save_sums(number, sums)]
        except OSError as error:
            raise ImageError(
                f"Unit {number} of {self.path} could not be written ({error.strerror or error}).",
                remedy="Free some space and run again: finished units are kept.",
            ) from None
        files = {path.relative_to(self.path).as_posix(): fingerprint(path) for path in paths}
        self.units_folder.finish(Unit(number, tuple(map(str, subjects)), files, dict(notes or {})))
        return sums

    def discard(self, number: int) -> None:
        """Take a unit out, and free its space; its subjects can be ingested again.

        Parameters
        ----------
        number : int
        """
        self.units_folder.discard(number)
        shutil.rmtree(self.path / MATRIX / "c" / str(number), ignore_errors=True)

    def verify(self) -> dict[int, list[str]]:
        """Compare every file of every finished unit with its checksum, and return what differs by unit."""
        found = {unit.number: faults(self.path, unit) for unit in self.units}
        return {number: told for number, told in found.items() if told}
