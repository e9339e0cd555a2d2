"""A private Slurm of one machine for the tests: own key, socket, ports and state in one folder.

The packages slurm-wlm and munge must be installed; their system-wide settings stay untouched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("mungekey", "munged", "munge", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "sinfo")
SETTINGS = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
DefMemPerCPU=512
KillWait=2
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=short Nodes={host} MaxTime=60 State=UP
"""


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]


def _path() -> str:
    return os.environ["PATH"] + ":/usr/sbin:/sbin"


def _free_ports(n: int) -> list[int]:
    """Return ports that nothing listens on: clusters of several test runs may live beside each other."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(n)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _until(true, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.1)


class Cluster:
    """Start, stop and look at it; the folder's path must be short, because it holds a socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(self.settings), "PATH": _path()}

    def start(self) -> None:
        for name in ("state", "spool", "munge"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        (self.folder / "munge").chmod(0o700)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 9 // 10 // 2**20
        host = socket.gethostname().split(".")[0]
        user = subprocess.check_output(["id", "-un"], text=True).strip()
        self.settings.write_text(
            SETTINGS.format(
                folder=self.folder, host=host, user=user, ports=_free_ports(2), cpus=os.cpu_count(), memory=memory
            )
        )
        munge = self.folder / "munge"
        self._run("mungekey", "--create", f"--keyfile={munge}/key")
        self._run(
            "munged",
            "--force",
            *(f"--{kind}={munge}/{name}" for kind, name in (("key-file", "key"), ("socket", "socket"))),
            *(f"--{kind}-file={munge}/{kind}" for kind in ("pid", "log", "seed")),
        )
        _until(lambda: self.says("munge", "-S", f"{munge}/socket", "-n") is not None, 20, "munged's answer")
        self.start_controller()
        self._run("slurmd", "-c", "-f", str(self.settings))
        _until(lambda: self.says("sinfo", "-h", "-o", "%T") == "idle", 30, "an idle node")

    def start_controller(self, *, keep_state: bool = False) -> None:
        self._run("slurmctld", *([] if keep_state else ["-c"]), "-f", str(self.settings))
        _until(lambda: self.says("scontrol", "ping") is not None, 20, "the controller's answer")

    def stop_controller(self) -> None:
        self._end(self.folder / "slurmctld.pid")

    def stop(self) -> None:
        self.says("scancel", "-u", str(os.getuid()))
        for name in ("slurmd.pid", "slurmctld.pid", "munge/pid"):
            self._end(self.folder / name)

    def says(self, *command: str) -> str | None:
        """Return what a program prints, None if it fails."""
        done = subprocess.run(command, capture_output=True, check=False, text=True, env=self.environment, timeout=20)
        return done.stdout.strip() if done.returncode == 0 else None

    def finished(self) -> list[dict[str, str]]:
        """Return the log of finished jobs: the proof that they went through Slurm."""
        path = self.folder / "jobs.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return [dict(pair.split("=", 1) for pair in line.split() if "=" in pair) for line in lines]

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, env=self.environment)

    def _end(self, pid_file: Path) -> None:
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text())
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(pid, how)
                _until(lambda: _gone(pid), 10, "the end of a daemon")
            except ProcessLookupError:
                return
            except TimeoutError:
                continue
            return


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
