"""A subset of a BGEN file as a node: the people of an imaging study, written once with an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.bgen import Bgen
from nipype_qsm.genotypes.bgen_writer import BgenWriter
from nipype_qsm.genotypes.block import Selection
from nipype_qsm.genotypes.people import read_ids
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.ports import File
from nipype_qsm.kernels.genetics.bgen_subset import bgen_subset


class BgenSubsetInputSpec(KernelInputSpec):
    """Inputs of a subset."""

    genotypes = File(exists=True, mandatory=True, table="genotypes", desc="BGEN of layout 2")
    samples = File(exists=True, table="people", desc="sample file, where the BGEN file does not hold ids")
    keep = File(exists=True, mandatory=True, table="ids", desc="people to keep, one id a line")
    regions = traits.List(traits.Str, desc="only these parts of the genome: 22, or 22:30500000-31500000")
    extract = File(exists=True, table="variants", desc="only these variants, one identifier a line")
    compression = traits.Enum("zlib", "zstd", "none", usedefault=True, desc="of the new file")
    written = traits.Str("subset.bgen", usedefault=True, desc="name of the new file, in the node's folder or absolute")


class BgenSubsetOutputSpec(TraitedSpec):
    """The file with its index."""

    subset = File(exists=True, table="genotypes", desc="BGEN 1.2 of the people kept, ids inside")
    index = File(exists=True, table="index", desc="its index")
    n_people = traits.Int(desc="people kept")
    n_variants = traits.Int(desc="variants written")


class BgenSubset(TableStep):
    """Write the people and variants of a study into a BGEN file of their own."""

    input_spec, output_spec = BgenSubsetInputSpec, BgenSubsetOutputSpec
    _kernel = staticmethod(bgen_subset)

    def _tables(self, folder: Path) -> dict[str, Any]:
        inputs = self.inputs
        file = Bgen(inputs.genotypes, given(inputs.samples))
        if file.layout != 2:
            raise QSMError(f"{file.path} is of layout 1.", remedy="Convert it with `plink2 --export bgen-1.2 bits=8`.")
        wanted = set(read_ids(inputs.keep))
        rows = np.array([row for row, name in enumerate(file.people.ids) if name in wanted], np.int64)
        if not rows.size:
            raise QSMError(f"Nobody of {inputs.keep} is in {file.path}.", remedy="Check the ids of that list.")
        target = folder / inputs.written
        extract = given(inputs.extract)
        selection = Selection.of(given(inputs.regions), set(read_ids(extract)) if extract else None)
        ids = [file.people.ids[row] for row in rows]
        with BgenWriter(target, ids, compression=inputs.compression) as writer:
            for identity, inflated, _ in file.variants(selection):
                block = bgen_subset(np.frombuffer(inflated(), np.uint8), rows)
                writer.add((identity.chrom, identity.pos, identity.name), identity.alleles, block.tobytes())
            if not writer.n_variants:
                raise QSMError("No variant is in the subset.", remedy="Check the regions or the list of variants.")
        index = target.with_name(target.name + ".bgi")
        return {
            "subset": str(target),
            "index": str(index),
            "n_people": int(rows.size),
            "n_variants": writer.n_variants,
        }
