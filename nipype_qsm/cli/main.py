"""The command `nipype-qsm`: one verb a file."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from nipype_qsm import __version__
from nipype_qsm.cli import batch, bids, cohort, compare, demo, files, graph, gwas, methods, step, ukb
from nipype_qsm.cli.helping import Parser
from nipype_qsm.errors import QSMError, RunError

VERBS = (files, ukb, bids, batch, compare, step, cohort, gwas, demo, methods, graph)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 a step failed, 2 bad input, 130 interrupted."""
    os.environ.setdefault("NO_ET", "1")
    os.environ.setdefault("FSLOUTPUTTYPE", "NIFTI")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _one_line
            return call(arguments)
    except QSMError as error:
        print(f"nipype-qsm: {error.problem}", file=sys.stderr)
        if error.remedy:
            print(f"            {error.remedy}", file=sys.stderr)
        return 1 if isinstance(error, RunError) else 2
    except KeyboardInterrupt:
        print("nipype-qsm: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def call(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and let its errors through."""
    chosen = parser().parse_args(arguments)
    return int(chosen.run(chosen) or 0)


def verbs() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each verb by its name."""
    (found,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


def parser() -> argparse.ArgumentParser:
    """Return the parser of every verb."""
    top = Parser(
        prog="nipype-qsm",
        description="Quantitative susceptibility and T2* mapping of brain MRI.",
        epilog="Start with `nipype-qsm demo`. `nipype-qsm VERB --help` explains a verb.",
    )
    top.add_argument("--version", action="version", version=f"nipype-qsm {__version__}")
    group = top.add_subparsers(metavar="VERB", required=True)
    for verb in VERBS:
        verb.add_parser(group)
    return top


def _one_line(message: Warning | str, *_: object, **__: object) -> None:
    print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
