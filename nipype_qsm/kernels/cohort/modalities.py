"""Which modality a phenotype of the brain belongs to, by its name: `QSM_Left_thalamus`, `T2_Left_thalamus`."""

from __future__ import annotations

import re
from collections.abc import Sequence

QSM, T2STAR, OTHER = "QSM", "T2*", "other"
_PREFIX = re.compile(r"^(?:(qsm|chi)|(t2(?:star|\*)?))(?:[_\s-](?!flair)(.*))?$", re.IGNORECASE)


def modality(name: str) -> str:
    """Return `QSM`, `T2*` or `other`.

    Parameters
    ----------
    name : str
        A prefix tells: `QSM_`, `chi_`; `T2_`, `T2star_`. T2 FLAIR is another contrast.
    """
    found = _PREFIX.match(name)
    return OTHER if found is None else QSM if found[1] else T2STAR


def region(name: str) -> str:
    """Return what the name says behind its modality.

    Parameters
    ----------
    name : str
    """
    found = _PREFIX.match(name)
    return name if found is None else found[3] or ""


def counterparts(names: Sequence[str]) -> list[tuple[int, int]]:
    """Return (place in QSM, place in T2*) of every region that both have.

    Parameters
    ----------
    names : sequence of str
    """
    second = {region(name).lower(): place for place, name in enumerate(names) if modality(name) == T2STAR}
    return [
        (place, second[region(name).lower()])
        for place, name in enumerate(names)
        if modality(name) == QSM and region(name).lower() in second
    ]
