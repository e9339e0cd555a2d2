"""A package of somebody else, made from the example of docs/adding_a_method.md and installed by pip into a folder."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "adding_a_method.md"


def example():
    """Return the module that the page shows, and the lines of its set-up file that announce it."""
    module, announcement = (
        re.search(rf"^```{kind}\n(.*?)^```", PAGE.read_text(), re.M | re.S)[1] for kind in ("python", "ini")
    )
    return module, announcement.replace("[options.entry_points]\n", "")


def wheel(folder, modules, announcement, name="my-package", version="1.0"):
    """Write a wheel that announces methods; `announcement` is as in a set-up file."""
    package = name.replace("-", "_")
    told = re.sub(r"^(\S.*?) =\n", r"[\1]\n", announcement, flags=re.M).replace("    ", "")
    about = f"{package}-{version}.dist-info"
    files = {
        f"{package}/__init__.py": "",
        **{f"{package}/{module}.py": text for module, text in modules.items()},
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": told,
    }
    files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
    path = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            archive.writestr(member, text)
    return path


def installed(path, folder):
    """Install a wheel by pip into a folder of its own, and return it."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(folder), str(path)], check=True)
    return folder


def unpacked(path, folder):
    """Do what pip does with such a wheel, faster: unzip it into a folder, and return that."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder
