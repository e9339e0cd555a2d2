"""Running a single interface for a verb: its ports from the options, its files where the user wants them."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nipype_qsm.cli import running
from nipype_qsm.errors import QSMError, RunError

FOLDERS = {"results", "replication", "ld_scores", "weights", "genetic_map"}
KEPT = {".tsv", ".txt", ".gz", ".png", ".html"}


def tables(interface: Any, options: argparse.Namespace, *ports: str) -> int:
    """Run a step whose files go into the folder of the results, and say what it made."""
    out = options.out.absolute()
    with running.leaving_nothing(out):
        with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
            found = outputs(interface, options, scratch)
            out.mkdir(parents=True, exist_ok=True)
            for path in sorted(Path(scratch).iterdir()):
                if path.suffix in KEPT:
                    shutil.move(path, out / path.name)
        for port in ports:
            value = getattr(found, port)
            print(f"{port}: {out / Path(value).name if isinstance(value, str) else value}")
    return 0


def made(interface: Any, options: argparse.Namespace, **more: Any) -> Any:
    """Run an interface that writes where it is told, and return its outputs."""
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
        return outputs(interface, options, scratch, **more)


def outputs(interface: Any, options: argparse.Namespace, scratch: str, **more: Any) -> Any:
    """Run an interface in a folder and return its outputs."""
    from nipype.interfaces.base import TraitError

    from nipype_qsm.cli.step import set_ports

    node = interface()
    ports = set(node.inputs.copyable_trait_names())
    chosen = {name: value for name, value in {**vars(options), **more}.items() if name in ports and value is not None}
    for name in FOLDERS & set(chosen):
        given = chosen[name] if isinstance(chosen[name], list) else [chosen[name]]
        absent = [one for one in given if not Path(one).exists()]
        if absent:
            raise QSMError(f"{absent[0]} does not exist.", remedy="Check the path.")
        paths = [str(Path(one).absolute()) for one in given]
        chosen[name] = paths if isinstance(chosen[name], list) else paths[0]
    set_ports(node, {name: value for name, value in chosen.items() if name not in FOLDERS})
    for name in FOLDERS & set(chosen):
        try:
            setattr(node.inputs, name, chosen[name])
        except TraitError:
            kind = "a file" if Path(str(chosen[name])).is_dir() else "a folder"
            raise QSMError(f"{chosen[name]} is not {kind}.", remedy="See --help for what is wanted there.") from None
    return ran(node, scratch)


def ran(interface: Any, folder: str | Path) -> Any:
    """Run an interface that has its inputs in a folder, and return its outputs.

    Raises
    ------
    RunError
        Says what nobody foresaw, and what to do with it.
    """
    try:
        return interface.run(cwd=str(folder)).outputs
    except QSMError:
        raise
    except Exception as error:
        raise RunError(
            f"{type(interface).__name__} failed: {type(error).__name__}: {error}",
            remedy="Check input and options; if they are right, report it with this message.",
        ) from error


def say(found: Any, *ports: str) -> None:
    """Print what an output port holds."""
    from nipype.interfaces.base import isdefined

    for port in ports:
        if isdefined(getattr(found, port)):
            print(f"{port}: {getattr(found, port)}")
