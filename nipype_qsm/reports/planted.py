"""What was planted in a simulated study beside what its steps found, question by question, with an honest verdict.

Every check says beforehand how near is near enough: three standard errors for a number, all or nearly all for a count.
What fails is shown as failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nipype_qsm.io import read_json
from nipype_qsm.kernels.cohort.modalities import QSM, T2STAR, modality
from nipype_qsm.tables import read_frame, read_table

if TYPE_CHECKING:
    import pandas as pd

NEARLY_ALL = 0.9
Z = 3.0
LEAST_R = {QSM: 0.85, T2STAR: 0.9}
"""Of measured against planted over regions and people with scans: coarse voxels blur the smallest nuclei."""


@dataclass(frozen=True)
class Check:
    """One question.

    Parameters
    ----------
    stage, what, planted, found : str
        `found` and `planted` as they are printed.
    passed : bool
    rule : str
        What counts as found.
    """

    stage: str
    what: str
    planted: str
    found: str
    passed: bool
    rule: str


class Study:
    """The folder of a simulated study and its tables.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @property
    def facts(self) -> dict:
        """What was simulated, in numbers."""
        return read_json(self.folder / "study" / "truth" / "study.json")

    def truth(self, name: str) -> pd.DataFrame:
        """Return a table of what is planted."""
        return read_frame(self.folder / "study" / "truth" / f"{name}.tsv")

    def found(self, place: str) -> pd.DataFrame:
        """Return a table of what was found, as it is."""
        return read_frame(self.folder / place)

    def by_id(self, place: str, visit: str | None = None) -> pd.DataFrame:
        """Return a table of subjects, by id."""
        return read_table(self.folder / place, visit=visit)


def checks(study: Study) -> list[Check]:
    """Ask every question that the folder can answer.

    Parameters
    ----------
    study : Study
    """
    from nipype_qsm.reports.planted_effects import EFFECTS

    asked = (_scans, _people, _cleaning, _gradients, _visits, *EFFECTS)
    return [check for one in asked for check in one(study)]


def _scans(study: Study) -> Iterator[Check]:
    planted = study.truth("scans")
    if planted.empty:
        return
    both = scanned(study)
    for kind in (QSM, T2STAR):
        own = both[[modality(name) == kind for name in both["idp"]]].dropna()
        r = float(np.corrcoef(own["planted"], own["found"])[0, 1])
        slope = float(np.polyfit(own["planted"], own["found"], 1)[0])
        people = own["eid"].nunique()
        yield Check(
            "images",
            f"{kind} of {len(own)} regions of {people} people through the whole chain",
            "r 1, slope 1",
            f"r {r:.3f}, slope {slope:.2f}",
            r > LEAST_R[kind],
            f"r above {LEAST_R[kind]}; on these coarse voxels the slope is told, not judged",
        )


def scanned(study: Study) -> pd.DataFrame:
    """Return eid, idp, planted and found of the people with scans.

    Parameters
    ----------
    study : Study
    """
    planted = study.truth("scans").rename(columns={"value": "planted"})
    planted["eid"] = planted["eid"].astype(str)
    wide = study.by_id("gathered/idps.tsv", "2")
    wide = wide[wide.index.isin(planted["eid"])]
    long = wide.rename_axis("eid").reset_index().melt("eid", var_name="idp", value_name="found")
    return planted.merge(long, on=["eid", "idp"])


def _people(study: Study) -> Iterator[Check]:
    flow = study.found("gathered/flow.tsv").set_index("step")["n"]
    for reason, count in study.facts["left_out"].items():
        found = int(flow.get(reason, 0))
        yield Check("people", f"left out: {reason.replace('_', ' ')}", str(count), str(found), found == count, "equal")


def _cleaning(study: Study) -> Iterator[Check]:
    removed = int(study.found("clean/idps_removed.tsv")["n_removed"].sum())
    planted = int(study.facts["outliers"])
    share = (removed - planted) / (35 * int(study.facts["n"]))
    yield Check(
        "cleaning",
        "absurd values made missing",
        str(planted),
        str(removed),
        removed >= planted - 1 and share < 1e-2,
        "all but one at most, and at most 1 % of the others (6 median deviations are 4 standard deviations)",
    )
    slopes = study.found("clean/idps_wmh_slopes.tsv").set_index("column")
    n = int(study.facts["n"])
    for name, slope in study.facts["lesion_slopes"].items():
        got, r = float(slopes.loc[name, "slope"]), float(slopes.loc[name, "r"])
        error = abs(got) * np.sqrt((1 - r**2) / (n - 2)) / abs(r)
        unit = "ppb" if modality(name) == QSM else "ms"
        told = (f"{1e3 * slope:.2f}", f"{1e3 * got:.2f} \N{PLUS-MINUS SIGN} {1e3 * error:.2f}")
        yield Check(
            "cleaning", f"{name} a mL of lesions, {unit}", *told, abs(got - slope) < Z * error, "three standard errors"
        )


def _gradients(study: Study) -> Iterator[Check]:
    before, after = gradient_correlations(study)
    yield Check(
        "cleaning",
        "correlation of T2* with its own field gradient",
        f"{np.mean(before):.2f} before, 0 after",
        f"{np.mean(after):+.3f} (largest {np.abs(after).max():.3f})",
        bool(np.abs(after).max() < 0.05),
        "below 0.05 in every region, after deconfounding",
    )


def gradient_correlations(study: Study) -> tuple[np.ndarray, np.ndarray]:
    """Return the correlation of every T2* phenotype with its gradient, before and after deconfounding.

    Parameters
    ----------
    study : Study
    """
    steep = study.by_id("gathered/gradients.tsv", "2")
    found = []
    for place in ("first/idps.parquet", "deconfounded/residuals.parquet"):
        table = study.by_id(place)
        ids = table.index.intersection(steep.index)
        names = [name for name in steep.columns if name in table and steep[name].notna().sum() > 40]
        found.append(np.array([table.loc[ids, name].corr(steep.loc[ids, name]) for name in names]))
    return found[0], found[1]


def _visits(study: Study) -> Iterator[Check]:
    both = study.found("repeat/reproducibility.tsv").merge(
        study.truth("reproducibility"), on="idp", suffixes=("", "_planted")
    )
    inside = int(((both["low"] <= both["r_planted"]) & (both["r_planted"] <= both["high"])).sum())
    yield Check(
        "two visits",
        "95 % intervals that hold the planted correlation",
        f"{len(both)} (mean {both['r_planted'].mean():.3f})",
        f"{inside} (mean {both['r'].mean():.3f})",
        inside >= 0.85 * len(both),
        "85 % of them",
    )
