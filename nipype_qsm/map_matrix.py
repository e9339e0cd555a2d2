"""The matrix of a store of maps: the only module that knows zarr.

Chunks are packed by LZ4 after a bitshuffle: of 16-bit maps it leaves less than Zstandard at level 1, at four times its
speed (`benchmarks/ingest.py`). Each chunk has a checksum, which every reading compares. Shards are whole files,
written whole by one node.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import ToolMissing

MISSING = -32768
ONE_THREAD = {"threading.max_workers": 1, "async.concurrency": 1}
"""Nodes are what runs at the same time; by itself zarr would take all cores in each of them."""


class Matrix:
    """Rows of subjects and columns of voxels, 16 bits each.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._array: Any = _zarr().open_array(str(path), mode="r+", config={"write_empty_chunks": True})

    @classmethod
    def create(
        cls, path: Path, n_voxels: int, facts: Mapping[str, Any], *, unit_size: int, chunk: int, shard: int
    ) -> Matrix:
        """Make an empty matrix.

        Parameters
        ----------
        path : Path
        n_voxels : int
        facts : mapping
            Kept with it.
        unit_size : int
            Rows of a chunk and of a shard.
        chunk, shard : int
            Columns of them.
        """
        zarr = _zarr()
        from zarr.codecs import BloscCodec, Crc32cCodec

        zarr.create_array(
            str(path),
            shape=(0, n_voxels),
            dtype="int16",
            chunks=(unit_size, chunk),
            shards=(unit_size, shard),
            compressors=(BloscCodec(cname="lz4", clevel=1, shuffle="bitshuffle", typesize=2), Crc32cCodec()),
            fill_value=MISSING,
            dimension_names=("subject", "voxel"),
            attributes=dict(facts),
        )
        return cls(path)

    @property
    def facts(self) -> dict[str, Any]:
        """What was kept with it."""
        return dict(self._array.attrs)

    @property
    def n_voxels(self) -> int:
        """Columns."""
        return int(self._array.shape[1])

    @property
    def unit_size(self) -> int:
        """Rows of a unit."""
        return int(self._array.shards[0])

    @property
    def shard(self) -> int:
        """Columns of a shard."""
        return int(self._array.shards[1])

    @property
    def chunk(self) -> int:
        """Columns of a chunk."""
        return int(self._array.chunks[1])

    def grow(self, n_units: int) -> None:
        """Make room for units, where there is none; one process at a time."""
        rows = n_units * self.unit_size
        if rows > self._array.shape[0]:
            self._array.resize((rows, self.n_voxels))

    def read(self, unit: int, n_rows: int, voxels: slice) -> np.ndarray:
        """Read the first rows of a unit, some columns of them."""
        first = unit * self.unit_size
        with _zarr().config.set(ONE_THREAD):
            return self._array[first : first + n_rows, voxels]

    def write(self, unit: int, block: np.ndarray) -> list[Path]:
        """Write a unit, whole shards of it, and return their files; rows that it lacks are missing."""
        rows = slice(unit * self.unit_size, (unit + 1) * self.unit_size)
        paths = []
        with _zarr().config.set(ONE_THREAD):
            for number, first in enumerate(range(0, self.n_voxels, self.shard)):
                part = block[:, first : first + self.shard]
                whole = np.full((self.unit_size, part.shape[1]), MISSING, np.int16)
                whole[: len(part)] = part
                self._array[rows, first : first + part.shape[1]] = whole
                paths.append(self.path / "c" / str(unit) / str(number))
        return paths


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        raise ToolMissing(
            "Stores of maps need zarr, version 3.1 or later.", remedy="Install it: pip install 'nipype_qsm[cohort]'."
        ) from None
    return zarr
