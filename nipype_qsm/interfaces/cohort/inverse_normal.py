"""Rank-based inverse normal transform as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, replaced, table, written
from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal


class RankInverseNormalInputSpec(CohortInputSpec):
    """Options of the transform."""

    values = table("a column of ids, and one a variable", mandatory=True)
    ties = traits.Enum("mean_score", "mean_rank", usedefault=True, desc="what equal values share: mean score or rank")
    offset = traits.Range(low=0.0, high=0.5, value=0.375, usedefault=True, desc="3/8 is Blom's")


class RankInverseNormalOutputSpec(TraitedSpec):
    """Normal scores."""

    values = table("normal scores of every column")


class RankInverseNormal(Cohort):
    """Replace every value by the normal deviate of its rank in its column."""

    input_spec, output_spec = RankInverseNormalInputSpec, RankInverseNormalOutputSpec
    _kernel = staticmethod(inverse_normal)

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        frame = self._read("values", text="keep")
        numeric = frame.select_dtypes("number")
        scores = pd.DataFrame(
            inverse_normal(numeric.to_numpy(), **self._options("ties", "offset")), frame.index, numeric.columns
        )
        return {"values": written(replaced(frame, scores), folder, "values.parquet")}
