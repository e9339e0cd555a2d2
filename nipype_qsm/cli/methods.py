"""`nipype-qsm methods`: what can stand at each step."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from typing import Any

BESIDE = 18
"""Letters of a name beside which its sentence begins; below a longer one."""


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
            print(_entry(method, (interface.__doc__ or "").strip().splitlines()[0]))
        for method, (summary, package) in listed(name, room(name)).items():
            print(_entry(method, f"{summary} [{package}]"))
    return 0


def _entry(method: str, said: str) -> str:
    """Return a method and its sentence, as wide as the terminal."""
    width = max(shutil.get_terminal_size().columns, 60)
    beside = " " * (BESIDE + 5)
    text = textwrap.fill(said, width, initial_indent=beside, subsequent_indent=beside, break_on_hyphens=False)
    return f"    {method}\n{text}" if len(method) > BESIDE else f"    {method:<{BESIDE}} {text.lstrip()}"
