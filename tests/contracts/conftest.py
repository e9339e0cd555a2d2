"""What the contract tests share."""

import os

import pytest


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put stand-ins of the external programs on the PATH, so that interfaces to them can be made."""
    for name in ("fmrib_unpack", "prelude", "plink2", "regenie", "bgenie", "ldsc.py"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
