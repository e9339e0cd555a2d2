"""What a work folder still holds: nodes whose results were lost since are run again.

Nipype believes the note that a finished node leaves, and looks at its files only when the next node wants one: a
deleted map then becomes an empty port, and the run fails in a node that is not at fault, each time it is repeated. Here
the notes are held against the files before a run; a node that lost something forgets that it ever ran.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nipype_qsm.errors import ImageError
from nipype_qsm.io import looks_whole

NOTES = "result_*.pklz"
"""What finished nodes leave, each in its own folder."""


def forget_lost(work_dir: Path) -> list[Path]:
    """Remove the folders of finished nodes whose outputs are not there any more, or are cut short.

    Parameters
    ----------
    work_dir : path
        A workflow's `base_dir`, in which nothing runs now.

    Returns
    -------
    folders : list of Path
        What was removed: these nodes run again, the others are kept.
    """
    lost = [note.parent for note in sorted(work_dir.rglob(NOTES)) if not _holds(note)]
    for folder in lost:
        shutil.rmtree(folder, ignore_errors=True)
    return lost


def forget_lost_of(graph: Any) -> list[Path]:
    """Do the same for the nodes of a graph that is about to run.

    Parameters
    ----------
    graph : networkx graph of nodes
        What Nipype hands to a plugin.
    """
    return [folder for node in graph.nodes() for folder in forget_lost(Path(node.output_dir()))]


def _holds(note: Path) -> bool:
    """Tell whether all that a node made is there."""
    from nipype.interfaces.base import isdefined
    from nipype.pipeline.engine.utils import load_resultfile

    try:
        outputs = load_resultfile(str(note), resolve=False).outputs
        values = outputs.trait_get() if hasattr(outputs, "trait_get") else {}
    except Exception:  # whatever a damaged note raises: its node is as good as not run
        return False
    made = [value for value in values.values() if isdefined(value)]
    # Nipype empties the note of a node when it misses one of its files.
    return bool(made or not values) and all(_whole(path) for value in made for path in _paths(value))


def _paths(value: Any) -> Iterator[Path]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _paths(each)
    elif isinstance(value, str) and Path(value).is_absolute():
        yield Path(value)


def _whole(path: Path) -> bool:
    try:
        return path.exists() and (path.suffix != ".nii" or looks_whole(path))
    except ImageError:
        return False
