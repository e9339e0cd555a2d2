"""Take files out of zip archives that were downloaded, and trust nothing that an archive says about itself.

Only the members that are asked for are written, under names that the caller chooses. An archive with a member that
points outside its folder, with a link, or that would swell beyond all reason is refused as a whole before anything is
written; the bytes that come out are counted as well, since the declared sizes may lie.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from nipype_qsm.errors import ImageError
from nipype_qsm.io import atomically

LARGEST_TOTAL = 32 * 1024**3
"""Bytes; the largest UK Biobank package of one visit holds about one thirtieth."""
MOST_MEMBERS = 200_000
LARGEST_RATIO = 250
"""Unpacked over packed size of all members together: images are hardly compressible twice, DICOM four times."""
CHECKED_FROM = 256 * 1024**2
"""Bytes; a ratio says nothing of smaller archives: an empty mask packs a thousandfold."""
BLOCK = 1 << 20


def take(archive: str | Path, folder: str | Path, place: Callable[[str], str | None]) -> list[Path]:
    """Write the wanted members of a zip archive into a folder.

    Parameters
    ----------
    archive : path
    folder : path
    place : function
        From a member's name to the path, relative to `folder`, where it goes; None leaves it out.

    Returns
    -------
    written : list of Path
        Files that are there already with the same size are kept.
    """
    folder = Path(folder)
    written = []
    with _opened(archive) as packed:
        for member in packed.infolist():
            where = None if member.is_dir() else place(member.filename)
            if where is not None:
                written.append(_written(packed, member, folder / where, archive))
    return written


def names(archive: str | Path) -> list[str]:
    """Return the names of an archive's files."""
    with _opened(archive) as packed:
        return [member.filename for member in packed.infolist() if not member.is_dir()]


@contextmanager
def _opened(archive: str | Path) -> Iterator[zipfile.ZipFile]:
    if not Path(archive).is_file():
        raise ImageError(f"{archive} does not exist.", remedy="Check the path.")
    try:
        with zipfile.ZipFile(archive) as packed:
            _refuse_unsafe(packed, archive)
            yield packed
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ImageError(
            f"{archive} is truncated or damaged ({error}).", remedy="Download the archive again."
        ) from None


def _refuse_unsafe(packed: zipfile.ZipFile, archive: str | Path) -> None:
    members = packed.infolist()
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        drive = len(path.parts) > 0 and path.parts[0].endswith(":")
        if path.is_absolute() or ".." in path.parts or drive:
            raise ImageError(
                f"{archive} holds '{member.filename}', which points outside its folder.",
                remedy="Do not use this archive; download it again from its source.",
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ImageError(
                f"{archive} holds the link '{member.filename}'.",
                remedy="Pack the files themselves; links in an archive are not followed.",
            )
        if member.flag_bits & 1:
            raise ImageError(f"{archive} is encrypted.", remedy="Decrypt it first (ukbfetch writes plain archives).")
    # Members that overlap share their bytes: the archive itself says how many there are.
    stored = max(1, min(sum(m.compress_size for m in members), Path(archive).stat().st_size))
    total = sum(m.file_size for m in members)
    swollen = total > CHECKED_FROM and total > LARGEST_RATIO * stored
    if total > LARGEST_TOTAL or len(members) > MOST_MEMBERS or swollen:
        raise ImageError(
            f"{archive} would unpack to {total / 1024**3:.1f} GiB in {len(members)} files from "
            f"{stored / 1024**3:.3f} GiB: that is no image archive.",
            remedy="Do not use this archive; download it again from its source.",
        )


def _written(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, archive: str | Path) -> Path:
    if target.is_file() and target.stat().st_size == member.file_size:
        return target
    with packed.open(member) as source, atomically(target) as temporary, temporary.open("wb") as sink:
        left = member.file_size
        while block := source.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise ImageError(
                    f"{archive} holds more of '{member.filename}' than it says.", remedy="Do not use this archive."
                )
            sink.write(block)
    return target
