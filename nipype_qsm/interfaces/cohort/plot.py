"""Figures of a cohort as a node: whatever was given is drawn, for paper and for exploring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from nipype.interfaces.base import OutputMultiObject, isdefined

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, table
from nipype_qsm.interfaces.cohort.bland_altman import compared
from nipype_qsm.interfaces.cohort.unique_phenotypes import UNCATEGORISED, category_of
from nipype_qsm.interfaces.ports import File
from nipype_qsm.io import atomically
from nipype_qsm.kernels.cohort.deconfound import deconfound
from nipype_qsm.kernels.cohort.modalities import counterparts, modality, region
from nipype_qsm.kernels.cohort.screening import explained
from nipype_qsm.kernels.cohort.significance import Significance, significance
from nipype_qsm.tables import read_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class PlotCohortInputSpec(CohortInputSpec):
    """Tables to draw."""

    associations = table("a row a pair: Manhattan plots, susceptibility against T2*, the page to explore")
    categories = table("columns phenotype and category")
    reproducibility = table("a row a phenotype: bars")
    idps = table("phenotypes, not normalised: lesions against volume, T2* against gradient, age")
    columns = traits.List(traits.Str, desc="phenotypes of idps to draw; all of them, unless given")
    covariates = table("with the column age")
    gradients = table("field gradient of each phenotype of T2*, columns named as these")
    confounds = table("confounds, for what they explain")
    n_hits = traits.Range(low=1, value=3000, usedefault=True, desc="points of the page that can be pointed at")
    age = traits.Str("age", usedefault=True, desc="column of the age")


class PlotCohortOutputSpec(TraitedSpec):
    """What was drawn."""

    figures = OutputMultiObject(File(exists=True), table=True, desc="figures, PNG and PDF")
    page = File(exists=True, table=True, desc="all associations, to explore in a browser")


class _Wide(NamedTuple):
    """All associations: as they were read, and phenotypes of the brain by phenotypes of the person."""

    frame: pd.DataFrame
    r: pd.DataFrame
    n: pd.DataFrame
    mlog10p: pd.DataFrame
    categories: list[str]
    limits: Significance

    @property
    def names(self) -> tuple[list[str], list[str]]:
        """Names of both sides."""
        return list(self.mlog10p.index), [str(name) for name in self.mlog10p.columns]

    @property
    def lines(self) -> dict[str, float]:
        """Thresholds to draw."""
        return {"bonferroni": self.limits.bonferroni, "fdr": self.limits.fdr}


class PlotCohort(Cohort):
    """Draw whatever of a cohort was given."""

    input_spec, output_spec = PlotCohortInputSpec, PlotCohortOutputSpec

    def _tables(self, folder: Path) -> dict[str, Any]:
        made: dict[str, Any] = {"figures": []}
        found = self._wide() if isdefined(self.inputs.associations) else None
        for name, figure in self._figures(found):
            for ending in ("png", "pdf"):
                with atomically(folder / f"{name}.{ending}") as temporary:
                    figure.savefig(temporary, format=ending)
                made["figures"].append(str(folder / f"{name}.{ending}"))
        if found is not None:
            with atomically(folder / "explore.html") as temporary:
                temporary.write_text(self._page(found), encoding="utf-8")
            made["page"] = str(folder / "explore.html")
        if not made["figures"]:
            raise QSMError(
                "Nothing that was given can be drawn.",
                remedy="Give associations, reproducibility, or idps (with lesion volume, gradients, age or confounds).",
            )
        return made

    def _figures(self, found: _Wide | None) -> Iterator[tuple[str, Figure]]:
        if found is not None:
            yield from _of_associations(found)
        if isdefined(self.inputs.reproducibility):
            yield "reproducibility", _bars(read_frame(self.inputs.reproducibility))
        idps = self._read("idps")
        if idps is not None:
            yield from self._of_idps(self._chosen(idps))

    def _chosen(self, idps: pd.DataFrame) -> pd.DataFrame:
        if not isdefined(self.inputs.columns) or not self.inputs.columns:
            return idps
        absent = [name for name in self.inputs.columns if name not in idps]
        if absent:
            raise QSMError(f"{self.inputs.idps} has no column {absent[0]}.", remedy="Check the names.")
        return idps[list(self.inputs.columns)]

    def _wide(self) -> _Wide:
        frame = read_frame(self.inputs.associations)
        missing = {"idp", "phenotype", "r", "n", "mlog10p"} - set(frame.columns)
        if missing:
            raise QSMError(
                f"{self.inputs.associations} has no column {sorted(missing)[0]}.", remedy="Give what `associate` wrote."
            )
        r, n, mlog10p = (
            frame.pivot_table(index="idp", columns="phenotype", values=value, sort=False, dropna=False)
            for value in ("r", "n", "mlog10p")
        )
        categories = [UNCATEGORISED] * mlog10p.shape[1]
        if isdefined(self.inputs.categories):
            categories = category_of(list(mlog10p.columns), read_frame(self.inputs.categories))
        return _Wide(frame, r, n, mlog10p, categories, significance(mlog10p.to_numpy()))

    def _page(self, found: _Wide) -> str:
        from nipype_qsm.reports.explorer import explorer

        arrays = (one.to_numpy() for one in (found.r, found.n.fillna(0), found.mlog10p))
        return explorer(*arrays, *found.names, found.categories, **found.lines, n_hits=self.inputs.n_hits)

    def _of_idps(self, idps: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
        from nipype_qsm.reports.cohort_figures import against, age_curves, confound_effects

        if {"QSM_WMH", "WMH_volume"} <= set(idps.columns):
            volume = np.log10(1 + idps["WMH_volume"].to_numpy())
            labels = {"across": "log10 (1 + volume of hyperintensities [mm³])", "up": "QSM_WMH [ppb]"}
            yield "lesions_against_volume", against(volume, idps["QSM_WMH"].to_numpy(), **labels)
        frames = {name: self._read(name, text="keep") for name in ("gradients", "covariates", "confounds")}
        if frames["gradients"] is not None:
            both = self._joined({"idps": idps, "gradients": frames["gradients"]})
            for name in [name for name in idps.columns if name in both["gradients"] and modality(name) == "T2*"]:
                y, gradient = both["idps"][name].to_numpy(), both["gradients"][name].to_numpy(float)
                left = deconfound(y[:, None], gradient[:, None]).residuals[:, 0] + np.nanmean(y)
                labels = {
                    "across": "field gradient [Hz/mm]",
                    "up": f"{name} [ms]",
                    "after_label": "gradient regressed out",
                }
                yield f"gradient_{name}", against(gradient, y, after=left, **labels)
        if frames["covariates"] is not None and self.inputs.age in frames["covariates"]:
            both = self._joined({"idps": idps, "covariates": frames["covariates"]})
            age = both["covariates"][self.inputs.age].to_numpy(float)
            yield "age", age_curves(age, both["idps"].to_numpy(), list(idps.columns))
        if frames["confounds"] is not None:
            both = self._joined({"idps": idps, "confounds": frames["confounds"]})
            share = explained(both["idps"].to_numpy(), both["confounds"].to_numpy(float))
            yield "confounds", confound_effects(share, list(idps.columns), list(both["confounds"].columns))


def _of_associations(found: _Wide) -> Iterator[tuple[str, Figure]]:
    from nipype_qsm.reports.manhattan import manhattan
    from nipype_qsm.reports.modality_figures import angle_plot, bland_altman_plot

    names, threshold = found.names, found.limits.bonferroni
    yield "manhattan", manhattan(found.mlog10p.to_numpy(), *names, found.categories, **found.lines)
    if counterparts(names[0]):
        pairs = compared(found.frame)
        mean, difference, angle = (pairs[name].to_numpy() for name in ("mean", "difference", "angle"))
        yield "bland_altman", bland_altman_plot(mean, difference, threshold=threshold)
        of = dict(zip(names[1], found.categories, strict=True))
        columns = [of[str(name)] for name in pairs["phenotype"]]
        if set(columns) == {UNCATEGORISED}:
            columns = [str(name) for name in pairs["phenotype"]]
        strength = np.maximum(pairs["qsm"], pairs["t2star"]).to_numpy()
        yield "angle", angle_plot(angle, strength, columns, threshold=threshold)


def _bars(found: pd.DataFrame) -> Figure:
    from nipype_qsm.reports.modality_figures import reproducibility_bars

    groups = [
        kind if reference == "as given" else f"{kind}, zero: {reference}"
        for kind, reference in zip(found["modality"], found["reference"], strict=True)
    ]
    values = (found[name].to_numpy(float) for name in ("r", "low", "high"))
    return reproducibility_bars([region(name) for name in found["idp"]], *values, groups)
