"""Groups of subjects by a table: everyone, the young and the old, and each level of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from nipype.interfaces.base import isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.cohort.base import CohortInputSpec, allowed, read_ids, table
from nipype_qsm.tables import plain_id, read_table

if TYPE_CHECKING:
    from nipype_qsm.interfaces.cohort.base import Cohort

EVERYONE, YOUNG, OLD = "all", "young", "old"
MOST_LEVELS = 12


class GroupInputSpec(CohortInputSpec):
    """Who is in which group."""

    groups = table("a row a subject, with a column of ages or one to split by")
    by = traits.Str("", usedefault=True, desc="column to split by: a group a level")
    age = traits.Str("age", usedefault=True, desc="column of the age")
    young = traits.Float(52.0, usedefault=True, desc="who is younger is young [years]")
    old = traits.Float(75.0, usedefault=True, desc="who is older is old [years]")


@dataclass(frozen=True)
class Groups:
    """Who is in which group, by id.

    Parameters
    ----------
    members : dict of str to set of str
        Those of the table; everyone is not among them.
    withdrawn : set of str
        In no group.
    """

    members: dict[str, set[str]]
    withdrawn: set[str]

    @classmethod
    def of(cls, interface: Cohort) -> Groups:
        """Read the groups that an interface's inputs name.

        Parameters
        ----------
        interface : Cohort
            Its inputs are a `GroupInputSpec`.
        """
        inputs = interface.inputs
        withdrawn = read_ids(inputs.withdrawn) if isdefined(inputs.withdrawn) else set()
        if not isdefined(inputs.groups):
            if inputs.by:
                raise QSMError(f"There is no table with the column {inputs.by}.", remedy="Give one (--groups).")
            return cls({}, withdrawn)
        frame = read_table(inputs.groups, inputs.id_column or None, text="keep", visit=inputs.visit or None)
        members = _by_age(frame, inputs) | _by_level(frame, inputs)
        if not members:
            raise QSMError(
                f"{inputs.groups} has no column {inputs.age}, and none to split by was named.",
                remedy="Name the column of the age (--age), or one to split by (--by).",
            )
        return cls(members, withdrawn)

    @property
    def names(self) -> list[str]:
        """Names of the groups, everyone first."""
        return [EVERYONE, *self.members]

    def rows(self, subjects: Sequence[str]) -> dict[str, np.ndarray]:
        """Return which of some subjects are in each group, as their places.

        Parameters
        ----------
        subjects : sequence of str
        """
        keep = allowed(pd.Index(subjects), self.withdrawn)
        found = {EVERYONE: np.flatnonzero(keep)}
        for group, members in self.members.items():
            found[group] = np.flatnonzero(keep & np.array([subject in members for subject in subjects], bool))
        return found


def _by_age(frame: pd.DataFrame, inputs: Any) -> dict[str, set[str]]:
    if inputs.age not in frame:
        return {}
    if inputs.young > inputs.old:
        raise QSMError(f"Young is below {inputs.young:g}, old above {inputs.old:g}.", remedy="Exchange them.")
    age = pd.to_numeric(frame[inputs.age], errors="coerce")
    return {YOUNG: set(frame.index[age < inputs.young]), OLD: set(frame.index[age > inputs.old])}


def _by_level(frame: pd.DataFrame, inputs: Any) -> dict[str, set[str]]:
    if not inputs.by:
        return {}
    if inputs.by not in frame:
        shown = ", ".join(map(str, frame.columns[:8]))
        raise QSMError(f"{inputs.groups} has no column {inputs.by}; it has {shown}.", remedy="Correct --by.")
    known = frame[inputs.by].dropna().map(plain_id)
    levels = sorted(set(known))
    if len(levels) > MOST_LEVELS:
        raise QSMError(
            f"Column {inputs.by} of {inputs.groups} has {len(levels)} levels.",
            remedy=f"Split by at most {MOST_LEVELS}: put numbers into ranges first.",
        )
    return {f"{inputs.by}-{level}": set(known.index[known == level]) for level in levels}
