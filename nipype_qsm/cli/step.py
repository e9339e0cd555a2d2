"""`nipype-qsm step ROOM METHOD`: run one interface, its options generated from the typed ports.

The parser is made in two goes: the first reads room and method, the second declares one option a port of that method,
with the port's own description, so that `nipype-qsm step inversion tkd --help` teaches what the interface knows.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nipype_qsm.cli import files, running, single
from nipype_qsm.cli.helping import Parser
from nipype_qsm.errors import ImageError, QSMError

NOT_OFFERED = {"algorithm", "num_threads", "unpack"}


def add_parser(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "step",
        help="run one step on your own files",
        description="Run one step on your own files. `nipype-qsm methods` lists rooms and methods; "
        "`nipype-qsm step ROOM METHOD --help` lists the ports of one.",
        add_help=False,
    )
    verb.add_argument("-h", "--help", action="store_true", help="show the ports of a method")
    verb.add_argument("room", nargs="?", help="the step, such as inversion")
    verb.add_argument("method", nargs="?", help="the method, such as ilsqr")
    verb.add_argument("ports", nargs=argparse.REMAINDER, help="--PORT VALUE ... --out DIR")
    verb.set_defaults(run=run, verb=verb)


def run(options: argparse.Namespace) -> int:
    """Parse the ports of the chosen method, run it, and say what it wrote."""
    from nipype_qsm.interfaces.rooms import ROOMS, room

    if options.room is None or options.method is None:
        options.verb.print_help()
        known = {options.room: room(options.room)} if options.room else {name: room(name) for name in ROOMS}
        print("\nmethods:", *(f"  {name}: {', '.join(methods.names())}" for name, methods in known.items()), sep="\n")
        return 0
    interface = room(options.room)[options.method]()
    ports = ["--help"] if options.help else options.ports
    chosen = vars(_ports_parser(options.room, options.method, interface).parse_args(ports))
    out, threads = chosen.pop("out"), chosen.pop("n_procs")
    set_ports(interface, {port: value for port, value in chosen.items() if value is not None})
    for port, value in (("num_threads", threads), ("unpack", False)):  # what is unpacked here would not outlive the run
        if port in interface.inputs.copyable_trait_names():
            setattr(interface.inputs, port, value)
    return _run(interface, out)


def _run(interface: Any, out: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch, running.leaving_nothing(out):
        files.require_writable(out)
        outputs = single.ran(interface, scratch).get()
        for port, value in outputs.items():
            items = [item for item in (value if isinstance(value, list) else [value]) if not _is_undefined(item)]
            made = [isinstance(item, str) and Path(item).parent == Path(scratch) for item in items]
            if any(made):
                items = [_keep(Path(item), out, port) for item in items]
            if items:
                print(f"{port}:", *items, sep="\n  " if any(made) and len(items) > 1 else " ")
    return 0


def _ports_parser(room: str, method: str, interface: Any) -> argparse.ArgumentParser:
    parser = Parser(
        prog=f"nipype-qsm step {room} {method}",
        description=(type(interface).__doc__ or "").strip(),
    )
    required = parser.add_argument_group("required ports")
    optional = parser.add_argument_group("options")
    for name, trait in sorted(interface.inputs.traits(transient=None).items()):
        if name in NOT_OFFERED:
            continue
        group = required if trait.mandatory else optional
        group.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            required=bool(trait.mandatory),
            **_argument(interface, name, trait),
        )
    required.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    optional.add_argument("--n-procs", type=int, default=1, metavar="N", help="threads (default: %(default)s)")
    return parser


def _argument(interface: Any, name: str, trait: Any) -> dict[str, Any]:
    from nipype.interfaces.base import isdefined

    kind = type(trait.trait_type).__name__
    default = getattr(interface.inputs, name)
    shown = f" (default: {default})" if isdefined(default) and default not in ([], "") else ""
    help_text = (trait.desc or "").replace("%", "%%") + shown.replace("%", "%%")
    values = getattr(trait.trait_type, "values", None)
    if kind == "Bool" or isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction, "default": None, "help": help_text}
    if kind in ("List", "InputMultiObject", "Tuple"):
        inner = type(trait.inner_traits[0].trait_type).__name__ if trait.inner_traits else "Str"
        convert: Callable[[str], Any] = {"Float": float, "Int": int, "Bool": _boolean}.get(inner, str)
        return {"nargs": "+", "type": convert, "help": help_text, "metavar": "FILE" if inner == "File" else "VALUE"}
    if kind == "Enum" and values:
        return {"choices": list(values), "help": help_text}
    convert = {"Float": float, "Int": int, "Range": _number, "BaseRange": _number, "Union": _maybe_number}.get(
        kind, str
    )
    return {"type": convert, "help": help_text, "metavar": "FILE" if kind == "File" else "VALUE"}


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"'{text}' is neither true nor false")
    return text.lower() == "true"


def _number(text: str) -> float | int:
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _maybe_number(text: str) -> Any:
    if text.lower() == "none":
        return None
    with contextlib.suppress(ValueError):
        return _number(text)
    return text


def set_ports(interface: Any, chosen: dict[str, Any]) -> None:
    """Set ports from the command line's values; a file that is not there or a value that cannot be is refused."""
    from nipype.interfaces.base import TraitError

    for port, given in chosen.items():
        option = f"--{port.replace('_', '-')}"
        kind = type(interface.inputs.trait(port).trait_type).__name__
        value: Any = given
        if kind == "File":
            value = _existing(given, option)
        elif kind == "Directory":
            value = str(Path(given).absolute())  # the node runs in another folder
        elif kind == "InputMultiObject":
            value = [_existing(path, option) for path in given]
        try:
            setattr(interface.inputs, port, value)
        except TraitError as error:
            raise QSMError(
                f"{option} cannot be {value}.", remedy=f"It must be {str(error).partition('must be ')[2].strip()}."
            ) from None


def _existing(path: str, option: str) -> str:
    if not Path(path).is_file():
        raise ImageError(f"{option}: {path} does not exist.", remedy="Check the path.")
    return str(Path(path).absolute())


def _keep(source: Path, out: Path, port: str) -> Path:
    from nipype_qsm.io import open_image, save_image, sidecar_path
    from nipype_qsm.quantities import VOCABULARY

    target = out / source.name
    if sidecar_path(source).is_file() and sidecar_path(source) != source:
        shutil.copyfile(sidecar_path(source), sidecar_path(target))
    if source.suffix == ".nii" and port in VOCABULARY:
        return save_image(open_image(source), target.with_suffix(".nii.gz"))
    shutil.copyfile(source, target)
    return target


def _is_undefined(value: Any) -> bool:
    from nipype.interfaces.base import isdefined

    return value is None or not isdefined(value)
