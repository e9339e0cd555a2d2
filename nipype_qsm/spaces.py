"""The space a volume lies in: the subject's own, or that of a template, by name.

Two template brains of one laboratory lie 1 to 2 mm apart on grids that can look alike, so that a number taken through
the wrong one is wrong in silence. A volume of a template carries its space in its side-car (`SpatialReference` or
`Space`) or in its file name (`space-`, `tpl-`); two spaces meet only through a transform.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nipype_qsm.errors import GeometryError

SUBJECT = "subject"
"""Anything in the subject's own millimetres: gradient echo, T1."""

MNI = "MNI152"
"""What the names of all averages of the MNI brain begin with: they lie 1 to 2 mm apart."""

_ALIASES = {
    "MNI152NLin6Asym": ("fslmni152", "mni152", "mni1526asym", "mni1526thgenerationnonlinear", "icbm152nlin6asym"),
    "MNI152NLin2009cAsym": ("icbm2009casym", "icbm2009c", "icbm2009cnonlinearasymmetric", "mni2009casym"),
    "MNI152NLin2009aSym": ("icbm2009asym", "sym09a", "mni2009asym"),
    "MNI152NLin2009cSym": ("icbm2009csym", "mni2009csym"),
    SUBJECT: ("scanner", "orig", "t1w", "t1", "swi", "native", "individual"),
}
_KNOWN = {alias: name for name, aliases in _ALIASES.items() for alias in (name.lower(), *aliases)}


def canonical(space: str) -> str:
    """Return the one name of a space; an unknown name stays as it is.

    Parameters
    ----------
    space : str
        Such as `MNI152NLin6Asym`, `ICBM2009cAsym` or `T1w`.
    """
    return _KNOWN.get(re.sub(r"[^a-z0-9]", "", space.lower()), space)


def declared_space(name: str, sidecar: Mapping[str, object]) -> str:
    """Return the space that a side-car or a file name declares; empty when neither does.

    Parameters
    ----------
    name : str
        File name without its folder.
    sidecar : mapping
        Content of its side-car; empty when there is none.
    """
    for key in ("SpatialReference", "Space"):
        value = sidecar.get(key)
        if isinstance(value, str) and value:
            return canonical(value)
    entity = re.search(r"(?:^|_)(?:space|tpl)-([A-Za-z0-9]+)", name)
    if entity:
        return canonical(entity[1])
    parts = (_KNOWN.get(part.lower()) for part in re.split(r"[_.]", name))
    # A file called T1.nii.gz is an image of that kind, not a declaration: only templates are read from bare words.
    return next((part for part in parts if part and part != SUBJECT), "")


def require_same_space(first: str, second: str, port: str) -> None:
    """Refuse two spaces that differ.

    Parameters
    ----------
    first : str
        Space of the maps.
    second : str
        Space of what is laid over them.
    port : str
        The port of the second.
    """
    if canonical(first) != canonical(second):
        raise GeometryError(
            f"{port} lies in the space {canonical(second)}, the maps in {canonical(first)}.",
            remedy=f"Move {port} into {canonical(first)} with a transform (resampling by headers alone is not one); if "
            "the maps lie elsewhere, say so (--space).",
        )
