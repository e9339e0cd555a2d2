"""Run the commands of the Containerfile without a container engine, which CI does not have.

The same Debian's Python makes the environment, from the files that `.containerignore` lets through; then the entry
point runs with the recipe's variables as a user without a home, who may write into one folder. What is not checked:
apt-get, and what an engine itself does.
"""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NOBODY = "65533"
STEP = "step unwrap romeo --phase phase.nii.gz --mask mask.nii.gz --out out"
"""Runs a loop that is compiled on the spot, for which a folder must be found."""
IMAGES = """
import nibabel, numpy
ramp = numpy.linspace(0, 9, 24, dtype="f4")[:, None, None] * numpy.ones((24, 24, 16), "f4")
for name, array in {"phase": numpy.angle(numpy.exp(1j * ramp)), "mask": numpy.ones(ramp.shape)}.items():
    image = nibabel.Nifti1Image(array.astype("f4"), numpy.diag([2, 2, 2, 1]))
    nibabel.save(image, f"{name}.nii.gz")
"""


def instructions(path: Path) -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.M).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def context(root: Path, target: Path) -> None:
    """Copy what `COPY . /checkout` would see."""
    rules = (root / ".containerignore").read_text().split()
    for rule in rules:
        if rule.startswith("!"):
            source = root / rule[1:]
            if source.is_dir():
                shutil.copytree(source, target / rule[1:], ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(source, target / rule[1:])


def as_nobody(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run([*drop, *command], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def described(steps: list[tuple[str, str]], setup: Path) -> None:
    """Refuse an image that runs as root, or whose labels are not the package's."""
    package = configparser.ConfigParser()
    package.read(setup)
    labels = dict(word.split("=", 1) for kind, text in steps if kind == "LABEL" for word in shlex.split(text))
    for label, key in {"title": "name", "description": "description", "licenses": "license"}.items():
        told, wanted = labels[f"org.opencontainers.image.{label}"], package["metadata"][key]
        if told != wanted:
            sys.exit(f"The label {label} is {told}, and setup.cfg says {wanted}.")
    if [text for kind, text in steps if kind == "USER"] != ["reader"]:
        sys.exit("The image does not run as reader.")
    print(f"labels: {', '.join(labels.values())}; user: reader")


def main() -> None:
    root = Path(__file__).resolve().parents[1]
    python = "/usr/bin/python3"
    recent = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    if not Path(python).exists() or subprocess.run([python, "-c", recent], check=False, capture_output=True).returncode:
        print("skipped: this is no Debian whose Python is 3.11 or newer")
        return
    steps = instructions(root / "Containerfile")
    described(steps, root / "setup.cfg")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        checkout, installed, data = (scratch / name for name in ("checkout", "installed", "data"))
        checkout.mkdir()
        context(root, checkout)
        for command in (text for kind, text in steps if kind == "RUN" and "apt-get" not in text):
            here = command.replace("/opt/nipype_qsm", str(installed)).replace("/checkout", str(checkout))
            print(here.replace(folder, ""))
            debian = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}  # its python3, as in the image
            subprocess.run(here, shell=True, check=True, cwd=scratch, env=debian, stdout=subprocess.DEVNULL)
        pairs = [word.partition("=") for kind, text in steps if kind == "ENV" for word in shlex.split(text)]
        variables = {name: value.replace("/tmp", str(data)) for name, _, value in pairs}
        variables["PATH"] = f"{installed}/bin:/usr/bin:/bin"
        data.mkdir(mode=0o777)
        data.chmod(0o777)
        entry = [re.findall(r'"([^"]+)"', text) for kind, text in steps if kind in ("ENTRYPOINT", "CMD")]
        as_nobody([*entry[0], *entry[1]], data, variables)
        as_nobody(["python", "-c", IMAGES], data, variables)
        as_nobody([*entry[0], *STEP.split()], data, variables)
        as_nobody([*entry[0], "methods"], data, variables)
        written = sorted(path.name for path in (data / "out").iterdir())
        if "phase_unwrapped_echo-1.nii.gz" not in written:
            sys.exit(f"The step wrote {written}.")
        strangers = list(installed.rglob("*.nbi"))
        print(f"ran as user {NOBODY if os.geteuid() == 0 else os.geteuid()} without a home; wrote {', '.join(written)}")
        if strangers:
            sys.exit(f"Compiled code beside the modules: {strangers[0]}")


if __name__ == "__main__":
    main()
