"""Genetic maps from files: of shapeit (`pos chr cM`), HapMap, or the Peaks tool (`chr,pos,cM` without a heading)."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.block import chromosome
from nipype_qsm.kernels.genetics.genetic_map import GeneticMap

COLUMNS = {
    "pos": "pos",
    "position": "pos",
    "position(bp)": "pos",
    "bp": "pos",
    "chr": "chr",
    "chrom": "chr",
    "chromosome": "chr",
    "cm": "cM",
    "map(cm)": "cM",
    "genetic_map(cm)": "cM",
    "gposition": "cM",
}


def read_genetic_map(paths: Iterable[str | Path], cm_per_mb: float = 0.0) -> GeneticMap:
    """Read a genetic map from files, folders or an archive.

    Parameters
    ----------
    paths : iterable of path
        Text, gzip, or tar.gz; a folder stands for all files in it.
    cm_per_mb : float
        For chromosomes without a map; 0 refuses them.
    """
    markers: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, text in _texts(paths):
        for chrom, places in _rows(name, text).items():
            table = np.unique(np.array(places), axis=0)
            if np.any(np.diff(table[:, 1]) < -1e-9):
                raise QSMError(f"{name} does not grow along chromosome {chrom}.", remedy="Give a map in cM.")
            markers[chrom] = (table[:, 0], table[:, 1])
    return GeneticMap(markers, cm_per_mb)


def _texts(paths: Iterable[str | Path]) -> Iterator[tuple[str, str]]:
    for path in map(Path, paths):
        if path.is_dir():
            inner = sorted(one for one in path.iterdir() if re.search(r"\.(gmap|map|txt|csv)(\.gz)?$", one.name))
            if not inner:
                raise QSMError(f"{path} has no genetic map.", remedy="It should hold files such as chr1.b37.gmap.gz.")
            yield from _texts(inner)
        elif not path.is_file():
            raise QSMError(f"{path} does not exist.", remedy="Check the path of the genetic map.")
        elif path.name.endswith((".tar.gz", ".tgz")):
            with tarfile.open(path) as archive:
                for member in archive.getmembers():
                    held = archive.extractfile(member) if member.isfile() else None
                    if held is not None:
                        data = held.read()
                        yield member.name, (gzip.decompress(data) if member.name.endswith(".gz") else data).decode()
        elif path.suffix == ".gz":
            yield path.name, gzip.decompress(path.read_bytes()).decode()
        else:
            yield path.name, path.read_text()


def _rows(name: str, text: str) -> dict[str, list[tuple[float, float]]]:
    lines = io.StringIO(text)
    split = re.compile(r"[,\s]+")
    first = split.split(next(lines, "").strip())
    place = {COLUMNS[cell.lower()]: column for column, cell in enumerate(first) if cell.lower() in COLUMNS}
    found: dict[str, list[tuple[float, float]]] = {}
    named = re.search(r"chr(?:om)?_?(\d+|X)", name, re.IGNORECASE)
    default = chromosome(named[1]) if named else ""
    if not {"pos", "cM"} <= set(place):
        place = {"chr": 0, "pos": 1, "cM": 2}
        lines.seek(0)
    for number, line in enumerate(lines, start=1):
        cells = split.split(line.strip())
        if cells == [""]:
            continue
        try:
            chrom = chromosome(cells[place["chr"]]) if "chr" in place else default
            found.setdefault(chrom, []).append((float(cells[place["pos"]]), float(cells[place["cM"]])))
        except (ValueError, IndexError):
            raise QSMError(
                f"Line {number} of {name} is not a marker of a genetic map: {line.strip()[:60]}.",
                remedy="Give columns pos, chr and cM with a heading, or chr,pos,cM without one.",
            ) from None
    return found
