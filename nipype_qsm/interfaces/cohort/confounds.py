"""Confounds built from what is known about subjects and scans, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table, written
from nipype_qsm.kernels.cohort.confounds import confounds

if TYPE_CHECKING:
    import pandas as pd

FEW = 10
"""A whole-numbered column of fewer levels counts as a category where nobody says."""


class BuildConfoundsInputSpec(CohortInputSpec):
    """Which column is what."""

    covariates = table("a column of ids, and what is known about each subject and scan", mandatory=True)
    idps = table("phenotypes of the brain, for drift and screening")
    site = traits.Str("site", usedefault=True, desc="column of the imaging centre; one site where it is not there")
    age = traits.Str("age", usedefault=True, desc="column of the age")
    sex = traits.Str("sex", usedefault=True, desc="column of the sex")
    date = traits.Str("date", usedefault=True, desc="column of the scan's date: years, or YYYY-MM-DD")
    time = traits.Str("time", usedefault=True, desc="column of the time of day: hours, or HH:MM")
    categorical = traits.List(
        traits.Str, usedefault=True, desc="columns that are categories; by default text and few whole numbers"
    )
    nonlinear = traits.Enum("all", "screened", "none", usedefault=True, desc="squares and ranks")
    crossed = traits.Enum("none", "screened", "all", usedefault=True, desc="products of all pairs within a site")
    outlier_factor = traits.Range(
        low=0.0,
        value=8.0,
        exclude_low=True,
        usedefault=True,
        desc="1.48 MAD beyond which a value takes the site's median",
    )
    clock_width = traits.Range(
        low=0.0, value=0.1, exclude_low=True, usedefault=True, desc="smoothing over the date [years]"
    )


class BuildConfoundsOutputSpec(TraitedSpec):
    """Confounds without gaps."""

    confounds = table("a column of ids, and one a confound")
    n_replaced = traits.Int(desc="outliers that took their site's median")


class BuildConfounds(Cohort):
    """Build confounds from covariates, split by site."""

    input_spec, output_spec = BuildConfoundsInputSpec, BuildConfoundsOutputSpec
    _kernel = staticmethod(confounds)

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        found = self._joined({"covariates": self._read("covariates", text="keep"), "idps": self._read("idps")})
        covariates = found["covariates"]
        special = {self.inputs.site, self.inputs.date, self.inputs.time}
        rest = [name for name in covariates.columns if name not in special]
        categories = self._categories(covariates[rest])
        result = confounds(
            covariates[[name for name in rest if name not in categories]].to_numpy(np.float64),
            np.stack([_codes(covariates[name]) for name in categories], axis=1)
            if categories
            else np.empty((len(covariates), 0)),
            _sites(covariates, self.inputs.site),
            _clock(covariates, self.inputs.date, self.inputs.time),
            found["idps"].to_numpy() if "idps" in found else None,
            continuous_names=[name for name in rest if name not in categories],
            categorical_names=categories,
            **self._options("age", "sex", "nonlinear", "crossed", "outlier_factor", "clock_width"),
        )
        made = pd.DataFrame(result.columns, covariates.index, result.names)
        return {"confounds": written(made, folder, "confounds.parquet"), "n_replaced": result.n_replaced}

    def _categories(self, covariates: pd.DataFrame) -> list[str]:
        absent = [name for name in self.inputs.categorical if name not in covariates]
        if absent:
            raise QSMError(f"The covariates have no column {absent[0]}.", remedy="Check the names of the categories.")
        asked = set(self.inputs.categorical) | {self.inputs.sex}
        return [name for name in covariates.columns if name in asked or _looks_categorical(covariates[name])]


def _looks_categorical(column: pd.Series) -> bool:
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column.dtype):
        return True
    levels = column.dropna().unique()
    return len(levels) < FEW and bool((levels == np.round(levels)).all())


def _codes(column: pd.Series) -> np.ndarray:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(np.float64)
    codes = pd.Categorical(column.astype(str).where(column.notna())).codes.astype(np.float64)
    return np.where(codes < 0, np.nan, codes)


def _sites(covariates: pd.DataFrame, name: str) -> np.ndarray:
    from nipype_qsm.tables import plain_id

    if name not in covariates:
        return np.zeros(len(covariates))
    return np.array(["unknown" if value != value else plain_id(value) for value in covariates[name]])  # noqa: PLR0124


def _clock(covariates: pd.DataFrame, date: str, time: str) -> np.ndarray | None:
    """Return the date in years, and the time of day in units of its standard deviation."""
    clocks = []
    if date in covariates:
        clocks.append(_years(covariates[date]))
    if time in covariates:
        hours = _hours(covariates[time])
        clocks.append((hours - np.nanmean(hours)) / (np.nanstd(hours) or 1.0))
    return np.stack(clocks, axis=1) if clocks else None


def _years(column: pd.Series) -> np.ndarray:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(np.float64)
    days = pd.to_datetime(column, errors="coerce", format="ISO8601")
    _require_understood(column, days.isna(), "a date as YYYY-MM-DD, or years as numbers")
    return (days.dt.year + (days.dt.day_of_year - 1) / 365.25).to_numpy(np.float64)


def _hours(column: pd.Series) -> np.ndarray:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(np.float64)
    text = column.astype(str)
    text = text.where(text.str.count(":") != 1, text + ":00").where(column.notna())
    moments = pd.to_timedelta(text, errors="coerce")
    _require_understood(column, moments.isna(), "a time as HH:MM, or hours as numbers")
    return moments.dt.total_seconds().to_numpy(np.float64) / 3600


def _require_understood(column: pd.Series, failed: pd.Series, wanted: str) -> None:
    bad = column[failed & column.notna()]
    if len(bad):
        raise QSMError(
            f"'{bad.iloc[0]}' in column {column.name}, {column.index.name} {bad.index[0]}, is not understood.",
            remedy=f"Write {wanted}.",
        )
