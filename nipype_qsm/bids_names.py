"""File names of BIDS, taken apart into entities, and filters on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nipype_qsm.errors import MetadataError

LONG_NAMES = {
    "subject": "sub",
    "session": "ses",
    "acquisition": "acq",
    "reconstruction": "rec",
    "direction": "dir",
    "datatype": "datatype",
}
"""Long names of entities, as filter files have them, to those in file names."""


@dataclass(frozen=True)
class Name:
    """A file's name, taken apart.

    Parameters
    ----------
    path : Path
    entities : dict
        Short names, such as `sub` and `echo`.
    suffix, extension : str
    """

    path: Path
    entities: dict[str, str]
    suffix: str
    extension: str

    @classmethod
    def of(cls, path: Path) -> Name:
        """Take a file's name apart."""
        stem, _, rest = path.name.partition(".")
        *pairs, suffix = stem.split("_")
        entities = dict(pair.split("-", 1) for pair in pairs if "-" in pair)
        return cls(path, entities, suffix, f".{rest}")

    def matches(self, wanted: Mapping[str, Any]) -> bool:
        """Tell whether the entities have the wanted values; a list allows each, null none at all."""
        for key, value in wanted.items():
            short = LONG_NAMES.get(key, key)
            own = self.suffix if short == "suffix" else self.entities.get(short)
            if short in {"datatype", "extension"}:
                continue
            allowed = [None if v is None else str(v) for v in (value if isinstance(value, list) else [value])]
            # Numbers may be written with leading zeros in names.
            if own not in allowed and not (own and own.isdecimal() and str(int(own)) in allowed):
                return False
        return True


def checked_filters(filters: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return filters, refusing those for other images than ours."""
    unknown = set(filters) - {"megre", "t1w", "flair"}
    if unknown or not all(isinstance(value, Mapping) for value in filters.values()):
        raise MetadataError(
            f"The filter names {', '.join(sorted(unknown)) or 'no entities'}.",
            remedy='Filter megre, t1w and flair, such as {"megre": {"acquisition": "qsm"}}.',
        )
    return dict(filters)


def read_filters(path: str | Path) -> dict[str, Any]:
    """Read a filter file."""
    try:
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise MetadataError(f"{path} is not a readable filter file ({error}).", remedy="Give a JSON file.") from None
