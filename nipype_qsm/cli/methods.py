"""`nipype-qsm methods`: what can stand at each step."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("methods", help="list the methods of every step", description=__doc__)
    verb.add_argument("room", nargs="?", help="one step only")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print every method's name and first sentence; of those of other packages the package, and what is wrong."""
    from nipype_qsm.interfaces.announced import listed
    from nipype_qsm.interfaces.rooms import ROOMS, TABLE_ROOMS, room

    for name in [options.room] if options.room else [*ROOMS, *TABLE_ROOMS]:
        print(f"{name}")
        for method, interface in room(name).items():
            summary = (interface.__doc__ or "").strip().splitlines()[0]
            print(f"    {method:<18} {summary}")
        for method, (summary, package) in listed(name, room(name)).items():
            print(f"    {method:<18} {summary} [{package}]")
    return 0
