"""Two visits compared, as a node; with other zero levels of susceptibility, each for itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table, written
from nipype_qsm.kernels.cohort.modalities import QSM, modality, region
from nipype_qsm.kernels.cohort.reproducibility import reproducibility

GIVEN = "as given"


class ReproducibilityInputSpec(CohortInputSpec):
    """Two visits of the same subjects."""

    first = table("phenotypes of the first visit", mandatory=True)
    second = table("phenotypes of the second visit", mandatory=True)
    references_first = table("mean susceptibility of reference regions at the first visit, a column a region")
    references_second = table("the same at the second visit")
    n_bootstrap = traits.Range(low=0, value=2000, usedefault=True, desc="resamplings of the subjects")
    level = traits.Range(low=0.0, high=1.0, value=0.95, usedefault=True, desc="of the interval")
    seed = traits.Int(0, usedefault=True, desc="of the resampling")


class ReproducibilityOutputSpec(TraitedSpec):
    """One row a phenotype and reference."""

    reproducibility = table("r with its interval, ICCs, shift and standard deviation within subjects")


class Reproducibility(Cohort):
    """Compare two visits of the same subjects, phenotype by phenotype."""

    input_spec, output_spec = ReproducibilityInputSpec, ReproducibilityOutputSpec
    _kernel = staticmethod(reproducibility)

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        names = ("first", "second", "references_first", "references_second")
        frames = {name: self._read(name) for name in names}
        if (frames["references_first"] is None) != (frames["references_second"] is None):
            raise QSMError("References of one visit only were given.", remedy="Give those of both visits, or none.")
        found = self._joined(frames)
        shared = [name for name in found["first"].columns if name in found["second"]]
        if not shared:
            raise QSMError("The two visits have no column in common.", remedy="Give both the same names.")
        parts = [self._compared(found["first"][shared], found["second"][shared], GIVEN)]
        if "references_first" in found:
            # A difference of two regions has no zero level.
            chi = [name for name in shared if modality(name) == QSM and not region(name).startswith("WMH")]
            for name in found["references_first"].columns.intersection(found["references_second"].columns):
                pair = [
                    found[visit][chi].sub(found[f"references_{visit}"][name], axis=0) for visit in ("first", "second")
                ]
                parts.append(self._compared(*pair, name))
        return {"reproducibility": written(pd.concat(parts, ignore_index=True), folder, "reproducibility.tsv")}

    def _compared(self, first: Any, second: Any, reference: str) -> Any:
        import pandas as pd

        options = self._options("n_bootstrap", "level", "seed")
        result = reproducibility(first.to_numpy(), second.to_numpy(), **options)
        kinds = [modality(name) for name in first.columns]
        return pd.DataFrame({"idp": first.columns, "modality": kinds, "reference": reference, **result._asdict()})
