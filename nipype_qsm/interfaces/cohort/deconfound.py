"""Deconfounding as a node."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table, written
from nipype_qsm.kernels.cohort.deconfound import deconfound

if TYPE_CHECKING:
    import pandas as pd


class DeconfoundInputSpec(CohortInputSpec):
    """What is regressed out of what."""

    values = table("a column of ids, and one a variable", mandatory=True)
    confounds = table("a column of ids, and one a confound", mandatory=True)
    own_confounds = table("confounds of single variables: columns named as the variables are")
    n_components = traits.Union(
        None, traits.Range(low=1), usedefault=True, desc="replace the confounds by so many principal components"
    )
    min_dof = traits.Range(low=1, value=1, usedefault=True, desc="degrees of freedom a column needs")


class DeconfoundOutputSpec(TraitedSpec):
    """Residuals, and what they rest on."""

    residuals = table("every variable without the confounds")
    ranks = table("subjects, independent confounds and both degrees of freedom of each variable")


class Deconfound(Cohort):
    """Regress confounds out of every column, over the rows where it is known."""

    input_spec, output_spec = DeconfoundInputSpec, DeconfoundOutputSpec
    _kernel = staticmethod(deconfound)

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        frames = {"values": self._read("values"), "confounds": self._read("confounds")}
        found = self._joined(frames)
        values = found["values"]
        extra = own_confounds(self._read("own_confounds"), values)
        options = self._options("n_components", "min_dof")
        result = deconfound(values.to_numpy(), complete(found["confounds"]), extra, **options)
        ranks = pd.DataFrame({"column": values.columns, "n": result.n, "rank": result.rank})
        ranks = ranks.assign(dof_pairwise=result.n - 2, dof=result.n - 2 - result.rank, reason=result.reason)
        residuals = pd.DataFrame(result.residuals, values.index, values.columns)
        return {
            "residuals": written(residuals, folder, "residuals.parquet"),
            "ranks": written(ranks, folder, "ranks.tsv"),
        }


def complete(confounds: pd.DataFrame) -> np.ndarray:
    """Return confounds as numbers, and say how many subjects miss one.

    Parameters
    ----------
    confounds : DataFrame
    """
    values = confounds.to_numpy(np.float64)
    missing = np.isnan(values)
    if missing.all(axis=0).any():
        name = confounds.columns[missing.all(axis=0)][0]
        raise QSMError(f"The confound {name} has no value for any subject.", remedy="Drop the column.")
    gaps = int(missing.any(axis=1).sum())
    if gaps:
        worst = confounds.columns[missing.sum(axis=0).argmax()]
        warnings.warn(
            f"{gaps} of {len(values)} subjects miss a confound, most often {worst}, and are left out.", stacklevel=2
        )
    return values


def own_confounds(table_of_own: pd.DataFrame | None, values: pd.DataFrame) -> np.ndarray | None:
    """Return one confound a column of values; NaN in columns that have none.

    Parameters
    ----------
    table_of_own : DataFrame, optional
        Columns named as those of values.
    values : DataFrame
    """
    if table_of_own is None:
        return None
    shared = [name for name in values.columns if name in table_of_own]
    if not shared:
        raise QSMError(
            f"No column of the own confounds is named as a variable ({', '.join(map(str, values.columns[:4]))}, ...).",
            remedy="Name each column as the variable that it belongs to.",
        )
    return table_of_own.reindex(index=values.index, columns=values.columns).to_numpy(np.float64)
