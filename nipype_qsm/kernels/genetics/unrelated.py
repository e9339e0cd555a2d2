"""A large set of people who are not related, by a greedy rule.

Linear association takes people for independent. From a table of related pairs the person with most relatives is taken
out, and so on until no pair is left; of two with equally many, the one who matters less goes first (no image), so that
scanned people are kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence


def unrelated(
    ids: Sequence[str],
    pairs: Mapping[tuple[str, str], float],
    preferred: Collection[str] | None = None,
    *,
    kinship: float = 0.0884,
) -> list[str]:
    """Choose people of whom no two are related.

    Parameters
    ----------
    ids : sequence of str
    pairs : mapping
        Pair of ids to kinship coefficient.
    preferred : collection of str, optional
        People to keep before others, such as those with an image.
    kinship : float
        From here on two people are related: 0.0884 is third degree excluded, 0.0442 fourth.

    Returns
    -------
    kept : list of str
        In the order of `ids`.

    References
    ----------
    Manichaikul et al. 2010, doi:10.1093/bioinformatics/btq559
    """
    known, first = set(ids), set(preferred or ())
    related: dict[str, set[str]] = {}
    for (one, other), coefficient in pairs.items():
        if coefficient >= kinship and one in known and other in known and one != other:
            related.setdefault(one, set()).add(other)
            related.setdefault(other, set()).add(one)
    place = {name: row for row, name in enumerate(ids)}
    dropped: set[str] = set()
    # Not preferred with most relatives first; an entry whose count has fallen since is put back.
    heap = [(name in first, -len(others), -place[name], name) for name, others in related.items()]
    heapq.heapify(heap)
    while heap:
        _, count, _, name = heapq.heappop(heap)
        now = len(related[name])
        if not now or name in dropped:
            continue
        if -count != now:
            heapq.heappush(heap, (name in first, -now, -place[name], name))
            continue
        dropped.add(name)
        for other in related.pop(name):
            related[other].discard(name)
        related[name] = set()
    return [name for name in ids if name not in dropped]
