"""Association of two tables as a node: all pairs, confounds out first where they are given, a row a pair.

Phenotypes are read and correlated a block of columns at a time, so that a table of a hundred gigabytes of parquet needs
no more memory than a small one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from nipype.interfaces.base import isdefined

from nipype_qsm import __version__
from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.base import TraitedSpec, algorithm, traits
from nipype_qsm.interfaces.cohort.base import Cohort, CohortInputSpec, joined, read_ids, table, written
from nipype_qsm.interfaces.cohort.deconfound import complete, own_confounds
from nipype_qsm.interfaces.ports import File
from nipype_qsm.io import write_json
from nipype_qsm.kernels.cohort.associate import REASONS, Associations, associate
from nipype_qsm.kernels.cohort.deconfound import Deconfounded, deconfound
from nipype_qsm.kernels.cohort.joint import associate_jointly
from nipype_qsm.kernels.cohort.significance import significance
from nipype_qsm.tables import VISIT_COLUMNS, column_names, id_column_of, read_table

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 1024
"""Columns of phenotypes that are read together."""

COLUMNS = ("idp", "phenotype", "r", "n", "dof", "mlog10p", "reason")


class AssociateInputSpec(CohortInputSpec):
    """Two tables, and what is held fixed."""

    algorithm = algorithm("2")
    idps = table("a column of ids, and one a phenotype of the brain", mandatory=True)
    phenotypes = table("a column of ids, and one a phenotype of the person", mandatory=True)
    confounds = table("a column of ids, and one a confound: regressed out of both first")
    own_confounds = table("confounds of single idps (the field gradient of T2*): columns named as the idps are")
    mode = traits.Enum(
        "separate", "joint", usedefault=True, desc="regress each side over its own rows, or both over each pair's"
    )
    dof = traits.Enum(
        "adjusted",
        "calibrated",
        "pairwise",
        usedefault=True,
        desc="n - 2 - rank of the confounds, what its variance asks for, or n - 2",
    )
    min_subjects = traits.Range(low=3, value=40, usedefault=True, desc="subjects a phenotype needs")
    min_dof = traits.Range(low=1, value=1, usedefault=True, desc="degrees of freedom a pair needs")
    n_components = traits.Union(
        None, traits.Range(low=1), usedefault=True, desc="replace the confounds by so many principal components"
    )
    alpha = traits.Range(
        low=0.0, high=1.0, value=0.05, exclude_low=True, usedefault=True, desc="family-wise error of the threshold"
    )
    q = traits.Range(
        low=0.0, high=1.0, value=0.05, exclude_low=True, usedefault=True, desc="false-discovery rate of the threshold"
    )
    n_top = traits.Range(low=1, value=100, usedefault=True, desc="rows of the readable table")


class AssociateOutputSpec(TraitedSpec):
    """All pairs, and what stands out."""

    associations = table("idp, phenotype, r, n, dof, mlog10p, and the reason where there is no r")
    top = table("the strongest pairs, readable")
    summary = File(exists=True, table=True, desc="thresholds, counts, options and versions, JSON")
    bonferroni = traits.Float(desc="-log10 P that family-wise error asks for")
    fdr = traits.Float(desc="-log10 P that the false-discovery rate asks for; infinite where nothing is found")


class Associate(Cohort):
    """Correlate every column of one table with every column of another."""

    input_spec, output_spec = AssociateInputSpec, AssociateOutputSpec
    _kernel = staticmethod(associate)

    def _tables(self, folder: Path) -> dict[str, Any]:
        import pandas as pd

        idps, confounds = self._read("idps"), self._read("confounds")
        own = self._read("own_confounds")
        if own is not None and confounds is None:
            raise QSMError("Own confounds were given without confounds.", remedy="Give both, or none.")
        if own is not None and self.inputs.mode == "joint":
            raise QSMError(
                "Joint mode knows no own confounds.", remedy="Take mode separate, or put them into confounds."
            )
        sides, parts, subjects = None, [], 0
        for block in self._blocks():
            frames = self._sides(idps, block, confounds)
            if sides is None:
                sides = self._left_side(frames, own)
                subjects = len(frames["idps"])
            parts.append(self._of_block(frames, sides))
        found = pd.concat(parts, ignore_index=True)
        limits = significance(found["mlog10p"].to_numpy(), alpha=self.inputs.alpha, q=self.inputs.q)
        summary = {
            "n_subjects": subjects,
            "n_idps": len(idps.columns),
            "n_phenotypes": len(found) // max(len(idps.columns), 1),
            **limits._asdict(),
            "reasons": {str(k): int(v) for k, v in found.loc[found["reason"] != "", "reason"].value_counts().items()},
            "options": {
                name: getattr(self.inputs, name) for name in ("mode", "dof", "min_subjects", "min_dof", "alpha", "q")
            },
            "confounds": None if confounds is None else len(confounds.columns),
            "generated_by": f"nipype_qsm {__version__}",
        }
        # JSON has no infinity.
        summary["fdr"] = limits.fdr if np.isfinite(limits.fdr) else None
        return {
            "associations": written(found, folder, "associations.parquet"),
            "top": written(strongest(found, limits.bonferroni, limits.fdr, self.inputs.n_top), folder, "top.tsv"),
            "summary": str(write_json(summary, folder / "summary.json")),
            "bonferroni": limits.bonferroni,
            "fdr": limits.fdr,
        }

    def _blocks(self) -> Iterator[pd.DataFrame]:
        path, id_column = self.inputs.phenotypes, self.inputs.id_column or None
        names = column_names(path)
        names = [name for name in names if name != id_column_of(names, id_column) and name not in VISIT_COLUMNS]
        if not names:
            raise QSMError(f"{path} has no phenotypes.", remedy="Give a column of ids, and one a phenotype.")
        options: dict[str, Any] = {"text": "keep", "visit": self.inputs.visit or None}
        if not path.endswith(".parquet"):
            frame = read_table(path, id_column, **options)
            yield from (frame.iloc[:, start : start + BLOCK] for start in range(0, frame.shape[1], BLOCK))
            return
        for start in range(0, len(names), BLOCK):
            yield read_table(path, id_column, columns=names[start : start + BLOCK], **options)

    def _sides(
        self, idps: pd.DataFrame, block: pd.DataFrame, confounds: pd.DataFrame | None
    ) -> dict[str, pd.DataFrame]:
        withdrawn = self.inputs.withdrawn
        ids = read_ids(withdrawn) if isdefined(withdrawn) else set()
        return joined({"idps": idps, "phenotypes": block, "confounds": confounds}, ids)

    def _left_side(self, frames: dict[str, pd.DataFrame], own: pd.DataFrame | None) -> dict[str, Any]:
        """Return what every block shares: idps and confounds as arrays, deconfounded."""
        values = frames["idps"].to_numpy()
        side: dict[str, Any] = {"names": list(frames["idps"].columns), "idps": values, "confounds": None}
        if "confounds" in frames:
            side["confounds"] = complete(frames["confounds"])
            if self.inputs.mode == "separate":
                extra = own_confounds(own, frames["idps"])
                side["result"] = self._without(values, side["confounds"], extra)
                side["idps"] = side["result"].residuals
        return side

    def _without(self, values: np.ndarray, confounds: np.ndarray, extra: np.ndarray | None = None) -> Deconfounded:
        return deconfound(values, confounds, extra, **self._options("n_components", "min_dof"))

    def _of_block(self, frames: dict[str, pd.DataFrame], side: dict[str, Any]) -> pd.DataFrame:
        import pandas as pd

        block = frames["phenotypes"]
        textual = [name for name in block.columns if not pd.api.types.is_numeric_dtype(block[name].dtype)]
        values = block.assign(**dict.fromkeys(textual, np.nan)).to_numpy(np.float64) if textual else block.to_numpy()
        options = self._options("min_subjects", "min_dof")
        because: list[str] = [""] * values.shape[1]
        if side["confounds"] is None:
            result = associate(side["idps"], values, dof=self.inputs.dof, **options)
        elif self.inputs.mode == "joint":
            chosen = self._options("n_components")
            result = associate_jointly(side["idps"], values, side["confounds"], **options, **chosen)
            if self.inputs.dof == "pairwise":
                raise QSMError("Joint mode has its exact degrees of freedom.", remedy="Leave dof at adjusted.")
        else:
            known = (~np.isnan(values)).sum(axis=0)
            second = self._without(values, side["confounds"])
            because = [
                "" if few else told for told, few in zip(second.reason, known < options["min_subjects"], strict=True)
            ]
            result = associate(
                side["idps"], second.residuals, side["result"].rank, second.rank, dof=self.inputs.dof, **options
            )
        for name in textual:
            because[block.columns.get_loc(name)] = _text_reason(block[name])
        own = side["result"].reason if "result" in side else [""] * len(side["names"])
        return rows(result, side["names"], list(block.columns), own, because)


def rows(
    result: Associations, idps: list[str], phenotypes: list[str], idp_reason: list[str], phenotype_reason: list[str]
) -> pd.DataFrame:
    """Return a row a pair, phenotype by phenotype.

    Parameters
    ----------
    result : Associations
    idps, phenotypes : list of str
    idp_reason, phenotype_reason : list of str
        Why a column could not be used; empty where it could.
    """
    import pandas as pd

    told = np.array(REASONS, dtype=object)[result.reason.T]
    told[:, [bool(reason) for reason in idp_reason]] = [reason for reason in idp_reason if reason]
    for place, reason in enumerate(phenotype_reason):
        if reason:
            told[place] = reason
    return pd.DataFrame(
        {
            "idp": np.tile(np.array(idps, dtype=object), len(phenotypes)),
            "phenotype": np.repeat(np.array(phenotypes, dtype=object), len(idps)),
            "r": result.r.T.ravel(),
            "n": result.n.T.ravel(),
            "dof": result.dof.T.ravel(),
            "mlog10p": result.mlog10p.T.ravel(),
            "reason": told.ravel(),
        },
        columns=list(COLUMNS),
    )


def strongest(found: pd.DataFrame, bonferroni: float, fdr: float, count: int) -> pd.DataFrame:
    """Return the strongest pairs with P in words, strongest first.

    Parameters
    ----------
    found : DataFrame
    bonferroni, fdr : float
        -log10 P.
    count : int
    """
    best = found[found["mlog10p"].notna()].sort_values("mlog10p", ascending=False, kind="stable").head(count)
    return best[["idp", "phenotype"]].assign(
        r=best["r"].round(5),
        n=best["n"],
        dof=best["dof"],
        mlog10p=best["mlog10p"].round(4),
        P=[readable(value) for value in best["mlog10p"]],
        bonferroni=np.where(best["mlog10p"] >= bonferroni, "yes", "no"),
        fdr=np.where(best["mlog10p"] >= fdr, "yes", "no"),
    )


def readable(mlog10p: float) -> str:
    """Write P as `3.1e-1702`, however small it is.

    Parameters
    ----------
    mlog10p : float
    """
    if not np.isfinite(mlog10p):
        return "0"
    power = int(np.ceil(round(mlog10p, 9)))
    return f"{10 ** (power - mlog10p):.2g}e-{power}" if power > 2 else f"{10**-mlog10p:.3g}"


def _text_reason(column: pd.Series) -> str:
    import pandas as pd

    present = column.dropna()
    bad = present[pd.to_numeric(present, errors="coerce").isna()]
    return f"not numbers: '{str(bad.iloc[0])[:40]}'"
