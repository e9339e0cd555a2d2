"""Thresholds as a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table
from nipype_qsm.kernels.cohort.significance import significance
from nipype_qsm.tables import read_frame


class SignificanceInputSpec(CohortInputSpec):
    """Options of the thresholds."""

    associations = table("a table with the column mlog10p", mandatory=True)
    alpha = traits.Range(
        low=0.0, high=1.0, value=0.05, exclude_low=True, usedefault=True, desc="family-wise error of the threshold"
    )
    q = traits.Range(
        low=0.0, high=1.0, value=0.05, exclude_low=True, usedefault=True, desc="false-discovery rate of the threshold"
    )
    n_tests = traits.Union(None, traits.Range(low=1), usedefault=True, desc="count them as so many tests")


class SignificanceOutputSpec(TraitedSpec):
    """Thresholds and counts."""

    bonferroni = traits.Float(desc="-log10 P that family-wise error asks for")
    fdr = traits.Float(desc="-log10 P that the false-discovery rate asks for; infinite where nothing is found")
    n_tests = traits.Int(desc="tests")
    n_bonferroni = traits.Int(desc="tests at or above bonferroni")
    n_fdr = traits.Int(desc="tests at or above fdr")


class Significance(Cohort):
    """Find the thresholds that many tests ask for."""

    input_spec, output_spec = SignificanceInputSpec, SignificanceOutputSpec
    _kernel = staticmethod(significance)

    def _tables(self, folder: Path) -> dict[str, Any]:
        values = read_frame(self.inputs.associations)["mlog10p"].to_numpy(float)
        return significance(values, **self._options("alpha", "q", "n_tests"))._asdict()
