"""Outlier removal as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, replaced, table, written
from nipype_qsm.kernels.cohort.outliers import outliers


class RemoveOutliersInputSpec(CohortInputSpec):
    """Options of the outlier rule."""

    values = table("a column of ids, and one a variable", mandatory=True)
    factor = traits.Range(
        low=0.0, value=6.0, exclude_low=True, usedefault=True, desc="median deviations that are still believed"
    )
    mad_scale = traits.Range(
        low=0.0,
        value=1.0,
        exclude_low=True,
        usedefault=True,
        desc="1: plain median deviations; 1.4826: Gaussian sigmas",
    )
    min_levels = traits.Range(low=0, value=10, usedefault=True, desc="columns of fewer levels are left alone")


class RemoveOutliersOutputSpec(TraitedSpec):
    """What is left, and what went."""

    values = table("the same without outliers")
    removed = table("outliers of each column")


class RemoveOutliers(Cohort):
    """Set values far from their column's median to missing."""

    input_spec, output_spec = RemoveOutliersInputSpec, RemoveOutliersOutputSpec
    _kernel = staticmethod(outliers)

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        frame = self._read("values", text="keep")
        numeric = frame.select_dtypes("number")
        found = outliers(numeric.to_numpy(), **self._options("factor", "mad_scale", "min_levels"))
        cleaned = pd.DataFrame(found.values, frame.index, numeric.columns)
        removed = pd.DataFrame({"column": numeric.columns, "n_removed": found.n_removed})
        return {
            "values": written(replaced(frame, cleaned), folder, "values.parquet"),
            "removed": written(removed, folder, "removed.tsv"),
        }
