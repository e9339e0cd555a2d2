"""Who made a file: what this package writes into side-cars and data sets, and how it knows its own again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from nipype_qsm import __version__
from nipype_qsm.io import read_sidecar

GENERATED_BY: list[dict[str, Any]] = [{"Name": "nipype_qsm", "Version": __version__}]
"""BIDS' `GeneratedBy`."""


def made_here(told: Mapping[str, object]) -> bool:
    """Tell from a side-car or a data set's description whether this package made what it describes."""
    makers = told.get("GeneratedBy")
    return isinstance(makers, list) and any(isinstance(one, dict) and one.get("Name") == "nipype_qsm" for one in makers)


def is_ours(path: str | os.PathLike) -> bool:
    """Tell from its side-car whether an image was made by this package."""
    return made_here(read_sidecar(path))
