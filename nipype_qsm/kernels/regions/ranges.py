"""Where the phenotypes of adults usually lie at 3 T: wide limits, for catching errors.

They are round numbers around what is commonly reported (iron-rich nuclei between 40 and 200 ppb above cerebrospinal
fluid, T2* between 20 ms in the pallidum and 60 ms in grey matter), not norms: they hold for both sexes and all adult
ages. A cohort's own table (name, mean, sd) says more.
"""

from __future__ import annotations

from nipype_qsm.kernels.regions.naming import PHENOTYPES

_CHI = {
    "thalamus": (-50, 50),
    "caudate": (-10, 120),
    "putamen": (-20, 160),
    "pallidum": (40, 280),
    "hippocampus": (-60, 50),
    "amygdala": (-70, 50),
    "accumbens": (-50, 120),
    "substantia_nigra": (20, 260),
}
_T2STAR = {
    "thalamus": (35, 65),
    "caudate": (28, 65),
    "putamen": (20, 60),
    "pallidum": (12, 45),
    "hippocampus": (35, 75),
    "amygdala": (30, 75),
    "accumbens": (20, 70),
    "substantia_nigra": (12, 50),
}
_OTHERS = {"QSM_WMH": (-20, 60), "T2_WMH": (-15, 45), "WMH_volume": (0, 100_000)}


def _usual() -> list[dict[str, object]]:
    rows = []
    for one in PHENOTYPES:
        structure = one.region.partition("_")[2]
        known = _CHI if one.name.startswith("QSM") else _T2STAR
        low, high = _OTHERS[one.name] if one.name in _OTHERS else known[structure]
        rows.append({"name": one.name, "low": float(low), "high": float(high)})
    return rows


USUAL: list[dict[str, object]] = _usual()
"""Rows of a reference table: name, low, high [ppb, ms, mm3]."""
