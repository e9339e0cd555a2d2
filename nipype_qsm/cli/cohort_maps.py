"""What `nipype-qsm cohort` does with the maps of many subjects: one store of them, and what is made of it."""

from __future__ import annotations

import argparse
from typing import Any


def _check_parser(verbs: Any) -> None:
    verb = verbs.add_parser(
        "check",
        help="whether a store of maps is whole",
        description="Compare every file of a store with its checksum, and say what is damaged. Exit status 1 if "
        "something is.",
        epilog="Example: nipype-qsm cohort check chi.store --discard",
    )
    verb.add_argument("store", metavar="STORE", help="what `cohort ingest` wrote")
    verb.add_argument(
        "--discard", action="store_true", help="take damaged units out, so that their subjects can be ingested again"
    )
    verb.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Say what is in a store, and what of it is damaged."""
    from nipype_qsm.lock import locked
    from nipype_qsm.map_store import MapStore

    store = MapStore.open(options.store)
    print(
        f"{len(store.subjects)} subjects in {len(store.units)} units; {store.quantity} in {store.unit}, {store.space}"
    )
    damaged = store.verify()
    for number, faults in damaged.items():
        (unit,) = (unit for unit in store.units if unit.number == number)
        print(f"unit {number} ({len(unit.subjects)} subjects from {unit.subjects[0]}): {'; '.join(faults)}")
    if damaged and options.discard:
        with locked(store.path):
            for number in damaged:
                store.units_folder.discard(number)
        print("taken out; ingest the same maps again to make them anew")
    elif not damaged:
        print("every file is whole")
    return 1 if damaged else 0


PARSERS = (_check_parser,)
"""The verbs, in the order in which they are used."""
