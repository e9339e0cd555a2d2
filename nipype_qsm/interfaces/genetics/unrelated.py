"""A set of unrelated people as a node: from a kinship table to a list of ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.people import read_ids
from nipype_qsm.interfaces.base import KernelInputSpec, TableStep, TraitedSpec, algorithm, traits
from nipype_qsm.interfaces.genetics.base import given
from nipype_qsm.interfaces.ports import File
from nipype_qsm.io import atomically
from nipype_qsm.kernels.genetics.unrelated import unrelated
from nipype_qsm.tables import plain_id, read_frame

FIRST, SECOND = ("ID1", "IID1", "#IID1"), ("ID2", "IID2")


class UnrelatedInputSpec(KernelInputSpec):
    """Inputs of the choice."""

    algorithm = algorithm("2")
    ids = File(exists=True, mandatory=True, table="ids", desc="people to choose from, one id a line")
    pairs = File(exists=True, mandatory=True, table="kinship", desc="table with ID1, ID2 and Kinship, as UK Biobank's")
    preferred = File(exists=True, table="ids", desc="people to keep before others, such as those with an image")
    kinship = traits.Range(low=0.0, high=0.5, value=0.0884, usedefault=True, desc="from here on two are related")


class UnrelatedOutputSpec(TraitedSpec):
    """A list."""

    kept = File(exists=True, table="ids", desc="people of whom no two are related, one id a line")
    n_people = traits.Int(desc="people kept")


class Unrelated(TableStep):
    """Choose people of whom no two are related."""

    input_spec, output_spec = UnrelatedInputSpec, UnrelatedOutputSpec
    _kernel = staticmethod(unrelated)

    def _tables(self, folder: Path) -> dict[str, Any]:
        table = read_frame(self.inputs.pairs)
        one = next((name for name in FIRST if name in table), None)
        other = next((name for name in SECOND if name in table), None)
        value = next((name for name in table if str(name).upper() == "KINSHIP"), None)
        if one is None or other is None or value is None:
            raise QSMError(
                f"{self.inputs.pairs} has the columns {', '.join(map(str, table))}.",
                remedy="Give a table with ID1, ID2 and Kinship.",
            )
        pairs = {
            (plain_id(a), plain_id(b)): float(k) for a, b, k in zip(table[one], table[other], table[value], strict=True)
        }
        preferred = given(self.inputs.preferred)
        kept = unrelated(
            read_ids(self.inputs.ids), pairs, read_ids(preferred) if preferred else (), kinship=self.inputs.kinship
        )
        path = folder / "unrelated.txt"
        with atomically(path) as temporary:
            temporary.write_text("".join(f"{name}\n" for name in kept))
        return {"kept": str(path), "n_people": len(kept)}
