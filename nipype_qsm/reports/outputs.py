"""What lies in an output folder of the pipeline, read one volume at a time.

Any file may be missing, and a damaged one must not take the page with it: what cannot be read becomes a problem that
the page shows, in the words of the error and with its cure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from nipype_qsm.errors import ImageError, QSMError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import load_volume, read_json
from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.tables import Row, read_rows

MASKS = ("mask_brain", "mask_reliable", "mask_local", "mask_tissue")
"""In the order in which the pipeline makes them."""

_VOLUME = re.compile(r"(?P<name>[a-z0-9_]+?)(?:_echo-(?P<echo>\d+))?\.nii(?:\.gz)?")


def is_number(value: Any) -> TypeGuard[float]:
    """Say whether a value of the summary can be written and drawn as a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass
class Outputs:
    """The files of one output folder.

    Parameters
    ----------
    folder : path
    files : dict
        Paths by quantity and echo; the echo is 0 where there is only one volume.
    summary : dict
        Content of `summary.json`.
    problems : list of str
        What could not be read, in the order in which it was met.
    """

    folder: Path
    files: dict[tuple[str, int], Path]
    summary: dict[str, Any]
    problems: list[str] = field(default_factory=list)
    frame: Frame | None = None

    @classmethod
    def in_folder(cls, folder: Path) -> Outputs:
        """Look for volumes and the summary."""
        if not folder.is_dir():
            raise ImageError(f"{folder} is not a folder.", remedy="Give the output folder of a run.")
        files = {}
        for path in sorted(folder.iterdir()):
            found = _VOLUME.fullmatch(path.name)
            if found and found["name"] in VOCABULARY:
                files[found["name"], int(found["echo"] or 0)] = path
        outputs = cls(folder, files, {})
        outputs.summary = outputs._summary()
        if not files and not outputs.summary and not outputs.problems:
            raise ImageError(
                f"{folder} holds neither volumes of the pipeline nor summary.json.",
                remedy="Give the output folder of a run.",
            )
        return outputs

    def _summary(self) -> dict[str, Any]:
        path = self.folder / "summary.json"
        if not path.is_file():
            if self.files:
                self.problems.append("There is no summary.json: how these maps were made is not known.")
            return {}
        try:
            return dict(read_json(path))
        except QSMError as error:
            self.problems.append(str(error))
            return {}

    def echoes(self, quantity: str) -> list[int]:
        """Return the echoes a quantity has; [0] for a volume without echoes, [] where there is none."""
        return sorted(echo for name, echo in self.files if name == quantity)

    def load(self, quantity: str, echo: int = 0) -> np.ndarray | None:
        """Load a volume, or return None and keep the problem."""
        path = self.files.get((quantity, echo))
        if path is None:
            return None
        try:
            volume, frame = load_volume(path, quantity)
            if self.frame is not None:
                self.frame.require_same(frame, quantity)
        except QSMError as error:
            self.problems.append(str(error))
            del self.files[quantity, echo]
            return None
        self.frame = self.frame or frame
        return volume

    def load_masks(self) -> dict[str, np.ndarray]:
        """Load every mask there is."""
        loaded = ((name, self.load(name)) for name in (*MASKS, "mask_reference"))
        return {name: mask for name, mask in loaded if mask is not None}

    def table(self, name: str, *needed: str) -> list[Row]:
        """Read a table that lies beside the volumes; empty, with the problem kept, where it cannot be read."""
        path = self.folder / f"{name}.tsv"
        try:
            return read_rows(path, needed) if path.is_file() else []
        except QSMError as error:
            self.problems.append(str(error))
            return []

    def section(self, name: str) -> dict[str, Any]:
        """Return an object of the summary; empty where it is missing or something else."""
        value = self.summary.get(name)
        return value if isinstance(value, dict) else {}

    def items(self, name: str) -> list[Any]:
        """Return a list of the summary; empty where it is missing or something else."""
        value = self.summary.get(name)
        return value if isinstance(value, list) else []

    def each(self, quantity: str) -> Iterator[tuple[int, np.ndarray]]:
        """Load the echoes of a quantity one after the other."""
        for echo in self.echoes(quantity):
            volume = self.load(quantity, echo)
            if volume is not None:
                yield echo, volume
