"""Check that a built wheel holds every tracked file of the package and says what setup.cfg says, and that it works.

What is imported is the wheel, not the checkout: its command, its typed names, its data, its workflows.
"""

import configparser
import email
import sys
import zipfile
from importlib import metadata, resources
from pathlib import Path


def require_metadata(wheel: str, setup: Path) -> None:
    """Compare what the wheel says about itself with the file that it was made from."""
    told = configparser.ConfigParser()
    told.read(setup)
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        said = email.message_from_bytes(archive.read(name))
        kept = {path.partition(".dist-info/")[2] for path in archive.namelist() if ".dist-info/" in path}
    extras = set(told["options.extras_require"])
    problems = {
        "extras": extras ^ set(said.get_all("Provides-Extra")),
        "requirements": count(told) ^ {len(said.get_all("Requires-Dist"))},
        "licence files": {"LICENSE", "NOTICE"} - {Path(path).name for path in kept},
        "Python": {told["options"]["python_requires"]} ^ {said["Requires-Python"]},
        "licence": {told["metadata"]["license"]} ^ {said["License-Expression"] or said["License"]},
        "description": set() if "# nipype_qsm" in said.get_payload() else {"README.md is missing"},
    }
    wrong = {what: sorted(map(str, differ)) for what, differ in problems.items() if differ}
    if wrong:
        sys.exit(f"The wheel's metadata and setup.cfg differ: {wrong}")


def count(told: configparser.ConfigParser) -> set[int]:
    listed = [told["options"]["install_requires"], *dict(told["options.extras_require"]).values()]
    return {sum(len(value.split("\n")) - 1 for value in listed)}


def require_that_it_works() -> None:
    import nipype_qsm
    from nipype_qsm.workflows.qsm import init_qsm_wf

    if metadata.version("nipype_qsm") != nipype_qsm.__version__:
        sys.exit(f"{metadata.version('nipype_qsm')} is installed, and calls itself {nipype_qsm.__version__}.")
    (command,) = metadata.entry_points(group="console_scripts", name="nipype-qsm")
    if not callable(command.load()):
        sys.exit("The command nipype-qsm leads nowhere.")
    for package, names in {
        "nipype_qsm": ["py.typed"],
        "nipype_qsm.atlases": ["data"],
        "nipype_qsm.phantoms": ["data"],
    }.items():
        for name in names:
            entry = resources.files(package) / name
            if not entry.is_file() and not list(entry.iterdir()):
                sys.exit(f"{package} lacks {name}.")
    init_qsm_wf("ukb")
    init_qsm_wf("best")


def main(wheel: str, tracked: str, setup: str) -> None:
    require_metadata(wheel, Path(setup))
    shipped = set(zipfile.ZipFile(wheel).namelist())
    paths = Path(tracked).read_text().split()
    expected = {f"nipype_qsm/{path}" if path.startswith("workflows/") else path for path in paths}
    missing = sorted(expected - shipped)
    if missing:
        sys.exit(f"The wheel lacks {len(missing)} files: {', '.join(missing[:10])}")
    surplus = sorted(name for name in shipped - expected if ".dist-info/" not in name)
    if surplus:
        sys.exit(f"The wheel holds {len(surplus)} files that are not tracked: {', '.join(surplus[:10])}")

    import nipype_qsm
    import nipype_qsm.workflows

    for module in (nipype_qsm, nipype_qsm.workflows):
        if not Path(module.__file__).is_relative_to(sys.prefix):
            sys.exit(f"{module.__name__} was imported from {module.__file__}, not from the wheel.")
    require_that_it_works()
    size = sum(member.file_size for member in zipfile.ZipFile(wheel).infolist())
    print(f"{len(shipped)} files, {Path(wheel).stat().st_size / 2**20:.1f} MiB packed, {size / 2**20:.1f} MiB unpacked")


if __name__ == "__main__":
    main(*sys.argv[1:])
