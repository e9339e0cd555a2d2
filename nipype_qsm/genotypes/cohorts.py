"""Who is analysed: people of the genotypes joined by id with those of the tables, in discovery and replication.

A join by place has cost others their results, so there is none. Participants who withdrew (negative ids, lists) are
left out everywhere and counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.people import People


@dataclass(frozen=True)
class Cohorts:
    """The people of an analysis.

    Parameters
    ----------
    ids : list of str
        All of them, cohort by cohort.
    parts : dict
        Name of the cohort to the slice of `ids` that it is.
    counts : dict
        How many were left out, and why.
    """

    ids: list[str]
    parts: dict[str, slice]
    counts: dict[str, int]

    def rows(self, people: People, name: str) -> np.ndarray:
        """Return where these people stand in a genotype file; all must be there."""
        place = {one: row for row, one in enumerate(people.ids)}
        absent = [one for one in self.ids if one not in place]
        if absent:
            raise QSMError(
                f"{name} lacks {len(absent)} of {len(self.ids)} people, such as {absent[0]}, whom the first file has.",
                remedy="Give genotype files of the same people, or list those to analyse with --keep.",
            )
        return np.array([place[one] for one in self.ids], np.int64)


def withdrawn(name: str) -> bool:
    """Tell whether an id is a number that is not positive, as those of people who left a study are."""
    digits = name.removeprefix("-")
    return digits.isdigit() and (name.startswith("-") or int(digits) == 0)


def join(
    people: People,
    tables: Sequence[Collection[str]],
    *,
    exclude: Iterable[str] = (),
    keep: Iterable[str] | None = None,
    discovery: Sequence[str] | None = None,
    replication: Sequence[str] | None = None,
) -> Cohorts:
    """Join people by id.

    Parameters
    ----------
    people : People
        Of the genotypes; their order is kept.
    tables : sequence of collections of str
        Ids of each table.
    exclude, keep : iterables of str
    discovery, replication : sequences of str, optional
        Without them there is one cohort of all.

    Returns
    -------
    cohorts : Cohorts
    """
    negative = {one for one in people.ids if withdrawn(one)}
    dropped = set(exclude)
    left = [one for one in people.ids if one not in negative and one not in dropped]
    counts = {
        "in the genotypes": len(people),
        "withdrawn (ids that are not positive)": len(negative),
        "excluded by list": len({one for one in people.ids if one in dropped} - negative),
    }
    if keep is not None:
        wanted = set(keep)
        left = [one for one in left if one in wanted]
        counts["on the list to keep"] = len(left)
    for table in tables:
        known = set(table)
        if not any(one in known for one in left):
            raise QSMError(
                f"The genotypes and a table have nobody in common: {_few(left)} against {_few(list(known))}.",
                remedy="Use the same ids in both; they are compared as text.",
            )
        left = [one for one in left if one in known]
    counts["in the genotypes and all tables"] = len(left)
    if discovery is None and replication is None:
        return Cohorts(left, {"": slice(0, len(left))}, counts)
    if discovery is None or replication is None:
        raise QSMError("One of the two lists of people is missing.", remedy="Give --discovery and --replication.")
    both = set(discovery) & set(replication)
    if both:
        raise QSMError(
            f"{len(both)} people, such as {min(both)}, are in discovery and in replication.",
            remedy="Take them out of one of the lists: a replication needs other people.",
        )
    ids, parts = [], {}
    for name, listed in (("discovery", set(discovery)), ("replication", set(replication))):
        own = [one for one in left if one in listed]
        if not own:
            raise QSMError(f"Nobody of the {name} list has genotypes and traits.", remedy="Check the ids of that list.")
        parts[name] = slice(len(ids), len(ids) + len(own))
        counts[name] = len(own)
        ids += own
    return Cohorts(ids, parts, counts)


def _few(names: list[str]) -> str:
    return ", ".join(names[:2]) or "nobody"
