"""One process a folder: a second one is refused in words, and what a dead one left is taken over."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nipype_qsm.errors import QSMError


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder; refuse while another process does.

    Parameters
    ----------
    folder : Path
        It gets a file `lock.json` as long as the block lasts. One left by a process of this machine that is not there
        any more does not count; one of another machine does, because it cannot be looked at from here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, here = folder / "lock.json", {"host": socket.gethostname(), "pid": os.getpid(), "user": _user()}
    with contextlib.suppress(FileNotFoundError):
        left = path.read_bytes()
        if not _abandoned(path, str(here["host"])):
            _refuse(path)
        _clear(path, left)
    try:
        with path.open("x") as file:
            json.dump(here, file)
    except FileExistsError:
        _refuse(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def alive(pid: int) -> bool:
    """Tell whether a process of this machine is there; one that only waits to be buried is not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except PermissionError:
        return True
    except (ProcessLookupError, OSError):
        return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # containers run under numbers that have no name
        return f"user {os.getuid()}"


def _read(path: Path) -> dict[str, Any]:
    from nipype_qsm.io import read_json  # loads nibabel, which the help of the command need not wait for

    return read_json(path)


def _abandoned(path: Path, host: str) -> bool:
    try:
        other = _read(path)
        return bool(other["host"] == host and not alive(int(str(other["pid"]))))
    except (QSMError, KeyError, ValueError):
        return True  # a disk that was full when it was written


def _clear(path: Path, left: bytes) -> None:
    """Remove what a dead process left, but not the lock of a process that did so a moment ago."""
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    if aside.read_bytes() != left:
        aside.rename(path)
        _refuse(path)
    aside.unlink()


def _refuse(path: Path) -> None:
    other = _read(path)
    raise QSMError(
        f"Process {other['pid']} of {other['user']} on {other['host']} works in {path.parent}.",
        remedy=f"Wait for it, choose another folder, or remove {path} if it is not running any more.",
    )
