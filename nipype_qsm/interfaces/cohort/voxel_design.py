"""Subjects, confounds, phenotypes and variants of a voxel-wise analysis: joined and made ready once, for all nodes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from nipype.interfaces.base import Directory, File, InputMultiObject, isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table
from nipype_qsm.interfaces.cohort.deconfound import complete
from nipype_qsm.io import read_json, write_json
from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal
from nipype_qsm.kernels.cohort.voxel_design import VoxelDesign, voxel_design
from nipype_qsm.map_store import MapStore

if TYPE_CHECKING:
    import pandas as pd

MOST_VARIANTS = 1000
"""A map each: more than this is a scan of the genome, whose place is elsewhere."""


class VoxelDesignInputSpec(CohortInputSpec):
    """A store of maps, and what is correlated with it."""

    store = Directory(exists=True, mandatory=True, desc="the store of maps")
    phenotypes = table("a column of ids, and one a phenotype")
    confounds = table("a column of ids, and one a confound: regressed out of voxels and phenotypes")
    dosages = table("a column of ids, and one a variant: counts of the effect allele")
    genotypes = InputMultiObject(File(exists=True), table="genotypes", desc="BGEN, .bed or .pgen, with variants to map")
    samples = InputMultiObject(File(exists=True), table="people", desc="sample files: one for all, or one each")
    variants = traits.List(traits.Str, desc="variants of the genotype files to map, by identifier")
    components = table("a column of ids, and one a genetic principal component: regressed out of variants, too")
    columns = traits.List(traits.Str, desc="phenotypes to map; all of the table, unless given")
    normalise = traits.Bool(False, usedefault=True, desc="rank-based inverse normal of each phenotype first")
    n_components = traits.Union(
        None, traits.Range(low=1), usedefault=True, desc="replace the confounds by so many principal components"
    )
    min_dof = traits.Range(low=1, value=1, usedefault=True, desc="degrees of freedom a variable needs")
    voxels_per_node = traits.Range(
        low=1, value=32768, usedefault=True, desc="voxels of one node; best a multiple of the store's chunk"
    )


class VoxelDesignOutputSpec(TraitedSpec):
    """What every node reads, and what each takes."""

    design = Directory(exists=True, desc="basis of the confounds, residuals, names and counts")
    key = traits.Str(desc="changes where the design or the maps do")
    ranges = traits.List(traits.List(traits.Int), desc="first voxel of each node, and the one after its last")


class MakeVoxelDesign(Cohort):
    """Join a store of maps with tables by id, and take confounds out of phenotypes and variants."""

    input_spec, output_spec = VoxelDesignInputSpec, VoxelDesignOutputSpec
    _kernel = staticmethod(voxel_design)
    # The store may have grown since.
    _always_run = True

    def _tables(self, folder: Path) -> dict[str, Any]:
        store = MapStore.open(self.inputs.store)
        if not store.subjects:
            raise QSMError(f"{store.path} holds no subject.", remedy="Ingest maps: nipype-qsm cohort ingest.")
        frames, counts = self._frames(store)
        ids = frames["maps"].index
        phenotypes, variants = frames.get("phenotypes"), self._variants(ids)
        names = list(map(str, [*(() if phenotypes is None else phenotypes.columns), *variants.columns]))
        require_names(names)
        values = np.zeros((len(ids), 0)) if phenotypes is None else phenotypes.to_numpy(np.float64)
        components = self._read("components")
        made = voxel_design(
            inverse_normal(values) if self.inputs.normalise else values,
            complete(frames["confounds"]) if "confounds" in frames else None,
            variants.to_numpy(np.float64) if len(variants.columns) else None,
            None if components is None else components.reindex(ids).to_numpy(np.float64),
            **self._options("n_components", "min_dof"),
        )
        if all(made.reason):
            raise QSMError(f"Nothing can be mapped ({names[0]}: {made.reason[0]}).", remedy="Check tables and ids.")
        counts["analysed"] = made.rows.size
        facts = {
            "subjects": list(ids[made.rows]),
            "names": names,
            "kinds": ["phenotype"] * values.shape[1] + ["variant"] * len(variants.columns),
            "rank": made.rank.tolist(),
            "reason": made.reason,
            "confounds": made.q.shape[1] - 1,
            "counts": counts,
        }
        size = self.inputs.voxels_per_node
        starts = range(0, store.n_voxels, size)
        return {
            "design": str(saved(made, facts, folder / "design")),
            "key": _key(made, facts, store),
            "ranges": [[start, min(start + size, store.n_voxels)] for start in starts],
        }

    def _frames(self, store: MapStore) -> tuple[dict[str, pd.DataFrame], dict[str, int]]:
        """Join the tables by id, in the order of the store; count whom each has."""
        import pandas as pd

        phenotypes = self._read("phenotypes")
        if phenotypes is not None and isdefined(self.inputs.columns) and self.inputs.columns:
            absent = [name for name in self.inputs.columns if name not in phenotypes]
            if absent:
                raise QSMError(f"{self.inputs.phenotypes} has no column {absent[0]}.", remedy="Check the names.")
            phenotypes = phenotypes[list(self.inputs.columns)]
        given = {"maps": pd.DataFrame(index=pd.Index(store.subjects, name="eid"))}
        given |= {"phenotypes": phenotypes, "confounds": self._read("confounds")}
        frames = self._joined(given)
        counts = {name: len(frame) for name, frame in given.items() if frame is not None}
        return frames, {**counts, "in all tables": len(frames["maps"])}

    def _variants(self, ids: pd.Index) -> pd.DataFrame:
        """Return counts of effect alleles, NaN where a subject has none."""
        import pandas as pd

        dosages = self._read("dosages")
        parts = [pd.DataFrame(index=ids)] if dosages is None else [dosages.reindex(ids)]
        if dosages is not None and not dosages.index.isin(ids).any():
            raise QSMError("The dosages and the maps have nobody in common.", remedy="Use the same ids in both.")
        if isdefined(self.inputs.genotypes) and self.inputs.genotypes:
            parts.append(self._from_files(list(ids)))
        return pd.concat(parts, axis=1)

    def _from_files(self, ids: list[str]) -> pd.DataFrame:
        import pandas as pd

        from nipype_qsm.genotypes import Selection, open_all

        wanted = set(self.inputs.variants if isdefined(self.inputs.variants) else [])
        if not 0 < len(wanted) <= MOST_VARIANTS:
            raise QSMError(
                f"{len(wanted)} variants are to be mapped.", remedy=f"Name 1 to {MOST_VARIANTS} (--variants)."
            )
        found: dict[str, np.ndarray] = {}
        for file in open_all(list(self.inputs.genotypes), list(self.inputs.samples or [])):
            people = {one: row for row, one in enumerate(file.people.ids)}
            places = np.array([place for place, one in enumerate(ids) if one in people], np.int64)
            rows = np.array([people[ids[place]] for place in places], np.int64)
            for block in file.blocks(rows, 64, Selection.of(None, wanted)) if rows.size else ():
                for k, dosages in enumerate(block.dosages()):
                    name = f"{block.id[k]}_{block.effect_allele[k]}"
                    found[name] = np.full(len(ids), np.nan)
                    found[name][places] = dosages
        if not found:
            raise QSMError("None of the variants is in the genotype files for these subjects.", remedy="Check both.")
        return pd.DataFrame(found, index=ids)


def require_names(names: list[str]) -> None:
    """Refuse names that two variables share, also as the names of files.

    Parameters
    ----------
    names : list of str
    """
    if not names:
        raise QSMError("There is nothing to map.", remedy="Give phenotypes, dosages or genotypes.")
    count = Counter(map(file_stem, names))
    twice = next((name for name in names if count[file_stem(name)] > 1), None)
    if twice is not None:
        raise QSMError(f"Two variables would write the maps of {twice}.", remedy="Rename one of them.")


def file_stem(name: str) -> str:
    """Return a variable's name as a file can have it.

    Parameters
    ----------
    name : str
    """
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).strip(".") or "_"


def saved(made: VoxelDesign, facts: dict[str, Any], folder: Path) -> Path:
    """Write a design into a folder.

    Parameters
    ----------
    made : VoxelDesign
    facts : dict
    folder : path
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "q.npy", made.q)
    np.save(folder / "residuals.npy", made.residuals)
    write_json(facts, folder / "design.json")
    return folder


def loaded(folder: str | Path) -> tuple[VoxelDesign, dict[str, Any]]:
    """Read a design and its facts; the basis stays on disk until it is asked for.

    Parameters
    ----------
    folder : path
    """
    facts: dict[str, Any] = read_json(Path(folder) / "design.json")
    q = np.load(Path(folder) / "q.npy", mmap_mode="r")
    residuals = np.load(Path(folder) / "residuals.npy")
    rank = np.array(facts["rank"], np.int64)
    return VoxelDesign(np.arange(len(q)), q, residuals, rank, facts["reason"]), facts


def _key(made: VoxelDesign, facts: dict[str, Any], store: MapStore) -> str:
    digest = hashlib.sha256(repr(facts).encode())
    digest.update(np.ascontiguousarray(made.q))
    digest.update(np.ascontiguousarray(made.residuals))
    digest.update(repr([(unit.number, sorted(unit.files.items())) for unit in store.units]).encode())
    return digest.hexdigest()[:32]
