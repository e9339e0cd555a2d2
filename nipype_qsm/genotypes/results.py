"""Associations on disk: one parquet file a chromosome, one row a variant, four columns a trait.

Sixteen thousand variants are held at a time, whatever the size of the genome; single precision, bytes of floats split
and packed by zstd take ten bytes a test. Files get their names when all is written, so that a broken run leaves none.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import QSMError, ToolMissing
from nipype_qsm.genotypes.block import chromosome, order

FACTS = ("chrom", "pos", "id", "effect_allele", "other_allele", "af", "info", "n")
VALUES = ("beta", "se", "mlog10p", "n")
ROW_GROUP = 16_384
SIDE_CAR = "gwas.json"
COHORTS = ("discovery", "replication")


def parquet() -> Any:
    """Return the parquet library."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise ToolMissing(
            "The package pyarrow, which writes and reads parquet, is not installed.",
            remedy="pip install 'nipype_qsm[genetics]'",
        ) from None
    return pyarrow.parquet


class ResultWriter:
    """Write a folder of associations; use it in a `with` block.

    Parameters
    ----------
    folder : path
    traits : sequence of str
    facts : mapping
        Goes into `gwas.json` beside the tables.
    """

    def __init__(self, folder: str | Path, traits: Sequence[str], facts: Mapping[str, Any]) -> None:
        self.folder, self.traits, self.facts = Path(folder), list(traits), dict(facts)
        self.n_variants = 0
        self._parquet = parquet()
        self._writers: dict[str, Any] = {}
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._made = [each for each in (self.folder, *self.folder.parents) if not each.exists()]

    def __enter__(self) -> ResultWriter:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._hidden = self.folder / f".writing-{os.getpid()}"
        self._hidden.mkdir()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            for writer in self._writers.values():
                with contextlib.suppress(Exception):
                    writer.close()
            shutil.rmtree(self._hidden, ignore_errors=True)
            if kind is not None:
                for folder in self._made:
                    with contextlib.suppress(OSError):
                        folder.rmdir()

    def add(self, facts: Mapping[str, Any], values: Mapping[str, np.ndarray]) -> None:
        """Append variants.

        Parameters
        ----------
        facts : mapping
            Of each name in `FACTS`, one value a variant.
        values : mapping
            Of each name in `VALUES`, an array (variants, traits).
        """
        chrom = np.asarray(facts["chrom"])
        for name in dict.fromkeys(facts["chrom"]):
            own = np.flatnonzero(chrom == name)
            part = {key: [facts[key][row] for row in own] for key in FACTS}
            part |= {f" {key}": values[key][own].astype(np.int32 if key == "n" else np.float32) for key in VALUES}
            waiting = self._waiting.setdefault(name, [])
            waiting.append(part)
            if sum(len(each["pos"]) for each in waiting) >= ROW_GROUP:
                self._flush(name)
        self.n_variants += chrom.size

    def _flush(self, name: str) -> None:
        import pyarrow

        waiting = self._waiting.pop(name, [])
        if not waiting:
            return
        columns: dict[str, Any] = {key: [item for part in waiting for item in part[key]] for key in FACTS}
        columns["pos"] = np.array(columns["pos"], np.int64)
        columns["af"] = np.array(columns["af"], np.float32)
        columns["info"] = np.array(columns["info"], np.float32)
        columns["n"] = np.array(columns["n"], np.int32)
        for key in VALUES:
            joined = np.concatenate([part[f" {key}"] for part in waiting])
            columns |= {f"{key}_{trait}": np.ascontiguousarray(joined[:, k]) for k, trait in enumerate(self.traits)}
        ordered = [*FACTS, *(f"{key}_{trait}" for trait in self.traits for key in VALUES)]
        table = pyarrow.table({key: columns[key] for key in ordered})
        if name not in self._writers:
            floats = [each.name for each in table.schema if each.type == pyarrow.float32()]
            self._writers[name] = self._parquet.ParquetWriter(
                self._hidden / f"chr{name}.parquet",
                table.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=[key for key in ordered if key not in (*floats, "pos", "id")],
                use_byte_stream_split=floats,
            )
        self._writers[name].write_table(table)

    def _finish(self) -> None:
        for name in list(self._waiting):
            self._flush(name)
        for writer in self._writers.values():
            writer.close()
        facts = {**self.facts, "traits": self.traits, "n_variants": self.n_variants}
        (self._hidden / SIDE_CAR).write_text(json.dumps(facts, indent=2) + "\n")
        for old in self.folder.glob("chr*.parquet"):
            old.unlink()  # of an earlier run: chromosomes of two runs would be read as one
        for path in sorted(self._hidden.iterdir()):
            path.replace(self.folder / path.name)


class Results:
    """A folder of associations.

    Parameters
    ----------
    folder : path
        With `chr*.parquet`, or one such file.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        paths = [self.folder] if self.folder.is_file() else list(self.folder.glob("chr*.parquet"))
        if not paths:
            inner = [each for each in (self.folder / name for name in COHORTS) if each.is_dir()]
            raise QSMError(
                f"{self.folder} has no associations (chr*.parquet).",
                remedy=f"Give {inner[0]}." if inner else "Give the folder that `gwas run` wrote.",
            )
        self.paths = sorted(paths, key=lambda path: order(path.stem))
        self._parquet = parquet()
        try:
            names = self._parquet.ParquetFile(self.paths[0]).schema_arrow.names
        except Exception as error:
            raise QSMError(f"{self.paths[0]} cannot be read ({error}).", remedy="Run `gwas run` again.") from None
        self.traits = [name[len("beta_") :] for name in names if name.startswith("beta_")]

    def require(self, trait: str) -> str:
        """Return the trait, or say which there are."""
        if trait not in self.traits:
            raise QSMError(f"{self.folder} has no trait {trait}.", remedy=f"It has: {', '.join(self.traits)}.")
        return trait

    def tables(self, columns: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
        """Walk the chromosomes in order, each as {column: array}."""
        for path in self.paths:
            table = self._parquet.ParquetFile(path).read(columns=list(columns))
            yield {name: table[name].to_numpy() for name in columns}

    def groups(self, columns: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
        """Walk all variants in pieces of some ten thousand."""
        for path in self.paths:
            file = self._parquet.ParquetFile(path)
            for number in range(file.num_row_groups):
                table = file.read_row_group(number, columns=list(columns))
                yield {name: table[name].to_numpy() for name in columns}

    def column(self, name: str) -> np.ndarray:
        """Return one column over all chromosomes."""
        return self.columns([name])[name]

    def columns(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return several columns over all chromosomes, each file opened once."""
        parts = list(self.tables(names))
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def facts(self) -> dict[str, Any]:
        """Return what is said beside the tables."""
        path = (self.folder.parent if self.folder.is_file() else self.folder) / SIDE_CAR
        return json.loads(path.read_text()) if path.is_file() else {}


def key(chrom: str, pos: int, other: str, effect: str) -> str:
    """Return what identifies a variant: identifiers repeat, positions and alleles do not."""
    return f"{chromosome(str(chrom))}:{pos}:{other}:{effect}"


def parts_of(folder: str | Path) -> list[Path]:
    """Return the folders of associations behind one that `gwas run` wrote: all people, or each cohort."""
    folder = Path(folder)
    inner = [folder / name for name in COHORTS if (folder / name).is_dir()]
    return inner if inner and not list(folder.glob("chr*.parquet")) else [folder]
