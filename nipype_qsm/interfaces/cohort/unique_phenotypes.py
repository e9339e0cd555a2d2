"""Counts of what was found, each phenotype once, as a node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from nipype.interfaces.base import isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table, written
from nipype_qsm.kernels.cohort.modalities import QSM, T2STAR, modality
from nipype_qsm.kernels.cohort.unique_phenotypes import pooled_name, unique_phenotypes
from nipype_qsm.tables import plain_id, read_frame

if TYPE_CHECKING:
    import pandas as pd

UNCATEGORISED = "no category"


class UniquePhenotypesInputSpec(CohortInputSpec):
    """What is counted."""

    associations = table("a row a pair of idp and phenotype, with mlog10p", mandatory=True)
    categories = table("columns phenotype (with or without visit) and category")
    threshold = traits.Range(low=0.0, value=7.1, usedefault=True, desc="-log10 P that counts as found")


class UniquePhenotypesOutputSpec(TraitedSpec):
    """One row a category."""

    counts = table("phenotypes tested, and found in susceptibility, in T2* and in both, a category")


class UniquePhenotypes(Cohort):
    """Count phenotypes that pass a threshold, visits and regions pooled, for each category and modality."""

    input_spec, output_spec = UniquePhenotypesInputSpec, UniquePhenotypesOutputSpec
    _kernel = staticmethod(unique_phenotypes)

    def _tables(self, folder: Path) -> dict[str, Any]:
        categories = read_frame(self.inputs.categories) if isdefined(self.inputs.categories) else None
        found = counted(read_frame(self.inputs.associations), categories, self.inputs.threshold)
        return {"counts": written(found, folder, "counts.tsv")}


def counted(associations: pd.DataFrame, categories: pd.DataFrame | None, threshold: float) -> pd.DataFrame:
    """Return the table of counts, a row a category and one for all.

    Parameters
    ----------
    associations : DataFrame
    categories : DataFrame, optional
    threshold : float
        -log10 P.
    """
    import pandas as pd

    wide = associations.pivot_table(index="idp", columns="phenotype", values="mlog10p", sort=False)
    wide = wide[[modality(name) in (QSM, T2STAR) for name in wide.index]]
    if not len(wide):
        raise QSMError("No idp names its modality, or none has a result.", remedy="Let names begin with QSM_ or T2_.")
    first = np.array([modality(name) == QSM for name in wide.index])
    names = list(wide.columns)
    of = None if categories is None else category_of(names, categories)
    result = unique_phenotypes(wide.to_numpy(), names, first, of, threshold=threshold)
    columns = result._asdict()
    renamed = {"n_first": "n_qsm", "n_second": "n_t2star"}
    return pd.DataFrame({renamed.get(name, name): value for name, value in columns.items()})


def category_of(phenotypes: list[str], categories: pd.DataFrame) -> list[str]:
    """Return the category of each phenotype: by its full name, else by its name without visit.

    Parameters
    ----------
    phenotypes : list of str
    categories : DataFrame
        Columns phenotype and category.
    """
    if not {"phenotype", "category"} <= set(categories.columns):
        raise QSMError(
            f"The table of categories has the columns {', '.join(map(str, categories.columns[:6]))}.",
            remedy="Give it the columns phenotype and category.",
        )
    names, groups = [plain_id(name) for name in categories["phenotype"]], categories["category"].astype(str)
    known = dict(zip(map(pooled_name, names), groups, strict=True)) | dict(zip(names, groups, strict=True))
    return [known.get(name, known.get(pooled_name(name), UNCATEGORISED)) for name in phenotypes]
