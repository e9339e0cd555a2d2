"""Lesion phenotypes without lesion volume, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table, written
from nipype_qsm.kernels.cohort.wmh_regression import wmh_regression

SUFFIX = "_without_volume"


class WMHRegressionInputSpec(CohortInputSpec):
    """Which columns are meant."""

    idps = table("a column of ids, and one a phenotype", mandatory=True)
    lesions = traits.List(
        traits.Str, value=["QSM_WMH", "T2_WMH"], usedefault=True, desc="columns to free from the volume"
    )
    volume = traits.Str("WMH_volume", usedefault=True, desc="column of the volume [mm3]")
    logarithm = traits.Bool(False, usedefault=True, desc="use log(1 + volume)")


class WMHRegressionOutputSpec(TraitedSpec):
    """The 18th phenotype of each kind."""

    idps = table("the same with a column <name>_without_volume for each")
    slopes = table("slope and correlation of each column with the volume")


class WMHRegression(Cohort):
    """Add lesion phenotypes that do not follow the lesions' volume."""

    input_spec, output_spec = WMHRegressionInputSpec, WMHRegressionOutputSpec
    _kernel = staticmethod(wmh_regression)

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        frame = self._read("idps")
        present = [name for name in self.inputs.lesions if name in frame]
        if present and self.inputs.volume not in frame:
            raise QSMError(
                f"{self.inputs.idps} has {', '.join(present)}, but no column {self.inputs.volume}.",
                remedy="Name the column of the lesions' volume, or give no lesion phenotypes.",
            )
        slopes = pd.DataFrame({"column": present})
        if present:
            volume = frame[self.inputs.volume].to_numpy()
            found = wmh_regression(frame[present].to_numpy(), volume, **self._options("logarithm"))
            for place, name in enumerate(present):
                frame.insert(frame.columns.get_loc(name) + 1, name + SUFFIX, found.values[:, place])
            slopes = slopes.assign(slope=found.slope, r=found.r)
        return {"idps": written(frame, folder, "idps.parquet"), "slopes": written(slopes, folder, "slopes.tsv")}
