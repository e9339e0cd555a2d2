"""One process a folder."""

import json
import os
import socket
import subprocess
import sys

import pytest

from nipype_qsm import lock
from nipype_qsm.errors import QSMError
from nipype_qsm.lock import alive, locked


def held_by(folder, pid, host=None):
    told = {"pid": pid, "host": host or socket.gethostname(), "user": "somebody"}
    (folder / "lock.json").write_text(json.dumps(told))


def test_a_folder_is_held_as_long_as_the_block_lasts(tmp_path):
    with locked(tmp_path / "new"):
        assert json.loads((tmp_path / "new" / "lock.json").read_text())["pid"] == os.getpid()
        with pytest.raises(QSMError, match=rf"Process {os.getpid()} .* works in .*new"), locked(tmp_path / "new"):
            pass
    assert not (tmp_path / "new" / "lock.json").exists()


def test_a_lock_goes_when_the_block_fails(tmp_path):
    with pytest.raises(KeyboardInterrupt), locked(tmp_path):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_the_lock_of_a_dead_process_of_this_machine_does_not_count(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    assert alive(ended.pid)
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(ended.pid)  # it only waits to be buried
    held_by(tmp_path, ended.pid)
    with locked(tmp_path):
        pass
    ended.wait()
    assert not alive(ended.pid)


def test_a_lock_of_another_machine_counts(tmp_path):
    held_by(tmp_path, 1, host="elsewhere")
    with pytest.raises(QSMError, match="elsewhere") as told, locked(tmp_path):
        pass
    assert "remove" in told.value.remedy


def test_a_lock_that_was_cut_by_a_full_disk_does_not_count(tmp_path):
    (tmp_path / "lock.json").write_text('{"pi')
    with locked(tmp_path):
        pass
    assert not (tmp_path / "lock.json").exists()


def test_a_user_without_a_name_can_hold_a_folder(tmp_path, monkeypatch):
    """As in a container that runs under somebody's number."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with locked(tmp_path):
        assert json.loads((tmp_path / "lock.json").read_text())["user"] == f"user {os.getuid()}"


def test_of_two_that_take_over_at_once_one_is_refused(tmp_path, monkeypatch):
    held_by(tmp_path, 2**22 + 1)  # no such process
    looked = lock._abandoned

    def another_is_faster(path, host):
        found = looked(path, host)
        held_by(tmp_path, os.getpid(), host="faster")
        return found

    monkeypatch.setattr(lock, "_abandoned", another_is_faster)
    with pytest.raises(QSMError, match="on faster works in"), locked(tmp_path):
        pass
    assert json.loads((tmp_path / "lock.json").read_text())["host"] == "faster"
    assert [path.name for path in tmp_path.iterdir()] == ["lock.json"]
