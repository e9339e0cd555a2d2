"""Susceptibility against T2*, phenotype by phenotype and region by region, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table, written
from nipype_qsm.kernels.cohort.bland_altman import bland_altman
from nipype_qsm.kernels.cohort.modalities import counterparts, region
from nipype_qsm.tables import read_frame


class BlandAltmanInputSpec(CohortInputSpec):
    """What is compared."""

    associations = table("a row a pair of idp and phenotype, with mlog10p", mandatory=True)


class BlandAltmanOutputSpec(TraitedSpec):
    """One row a phenotype and region."""

    comparison = table("-log10 P of both modalities, mean, difference and angle [degree]")


class BlandAltman(Cohort):
    """Turn two measures into mean, difference and angle, for each region that both modalities have."""

    input_spec, output_spec = BlandAltmanInputSpec, BlandAltmanOutputSpec
    _kernel = staticmethod(bland_altman)

    def _tables(self, folder: Path) -> dict[str, Any]:
        return {"comparison": written(compared(read_frame(self.inputs.associations)), folder, "comparison.parquet")}


def compared(associations: Any) -> Any:
    """Return a row a phenotype and region that both modalities have.

    Parameters
    ----------
    associations : DataFrame
        idp, phenotype, mlog10p.
    """
    import pandas as pd

    wide = associations.pivot_table(index="phenotype", columns="idp", values="mlog10p", sort=False)
    pairs = counterparts(list(wide.columns))
    if not pairs:
        raise QSMError(
            "No region has both a susceptibility and a T2* phenotype.",
            remedy="Name them alike: QSM_Left_thalamus and T2_Left_thalamus.",
        )
    parts = []
    for first, second in pairs:
        values = wide.iloc[:, [first, second]].dropna()
        result = bland_altman(values.iloc[:, 0].to_numpy(), values.iloc[:, 1].to_numpy())
        columns = {"region": region(wide.columns[first]), "phenotype": values.index}
        measures = {"qsm": values.iloc[:, 0].to_numpy(), "t2star": values.iloc[:, 1].to_numpy()}
        parts.append(pd.DataFrame({**columns, **measures, **result._asdict()}))
    return pd.concat(parts, ignore_index=True).replace([np.inf], np.nan)
