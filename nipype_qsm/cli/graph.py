"""`nipype-qsm graph`: the dataflow of a preset as a text diagram."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "graph",
        help="draw the dataflow as a Mermaid diagram",
        description="Print the dataflow of a preset as a Mermaid diagram, edges labelled with quantities. Paste it "
        "into any Markdown page, or a Mermaid viewer.",
    )
    verb.add_argument("--preset", default="best", help="ukb or best (default: %(default)s)")
    verb.add_argument("--single-echo", action="store_true", help="the graph for one echo, combined already")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Build the workflow and print its diagram."""
    from nipype_qsm.graph import mermaid
    from nipype_qsm.workflows.qsm import init_qsm_wf

    print(mermaid(init_qsm_wf(options.preset, single_echo=options.single_echo)), end="")
    return 0
