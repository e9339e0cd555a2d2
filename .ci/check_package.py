"""Check that a built wheel holds every tracked file of the package, and that what is imported is that wheel."""

import sys
import zipfile
from pathlib import Path


def main(wheel: str, tracked: str) -> None:
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
    size = sum(member.file_size for member in zipfile.ZipFile(wheel).infolist())
    print(f"{len(shipped)} files, {Path(wheel).stat().st_size / 2**20:.1f} MiB packed, {size / 2**20:.1f} MiB unpacked")


if __name__ == "__main__":
    main(*sys.argv[1:])
