from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.associate import Associate
from nipype_qsm.interfaces.cohort.plot import PlotCohort
from nipype_qsm.interfaces.cohort.reproducibility import Reproducibility


def names(found):
    return sorted({Path(path).stem for path in found.figures})


def test_everything_that_is_given_is_drawn_for_paper_and_for_exploring(cohort, save, rng):
    frames, paths = cohort
    ids = frames["idps"].index
    given = {
        "associations": Associate(idps=paths["idps"], phenotypes=paths["phenotypes"]).run().outputs.associations,
        "categories": save("c.tsv", {"phenotype": [10, 20], "category": ["diet", "blood"]}),
        "reproducibility": Reproducibility(first=paths["idps"], second=paths["idps"]).run().outputs.reproducibility,
        "idps": paths["idps"],
        "gradients": save("g.tsv", {"T2_WMH": rng.gamma(2, 1, 150)}, ids),
        "covariates": save("a.tsv", {"age": rng.uniform(45, 80, 150)}, ids),
        "confounds": paths["confounds"],
    }
    found = PlotCohort(**given).run().outputs
    assert names(found) == [
        *("age", "angle", "bland_altman", "confounds", "gradient_T2_WMH", "lesions_against_volume", "manhattan"),
        "reproducibility",
    ]
    assert {Path(path).suffix for path in found.figures} == {".png", ".pdf"}
    for path in found.figures:
        assert Path(path).stat().st_size > 3000
    assert "diet" in Path(found.page).read_text()


def test_names_without_modality_have_no_comparison(save):
    rows = {"idp": ["a", "b"], "phenotype": ["x", "x"], "r": [0.1, 0.2], "n": [50, 50], "mlog10p": [0.3, np.nan]}
    found = PlotCohort(associations=save("a.parquet", pd.DataFrame(rows))).run().outputs
    assert names(found) == ["manhattan"]


def test_nothing_to_draw_and_a_table_that_is_not_associations_are_refused(save):
    with pytest.raises(QSMError, match="Nothing that was given can be drawn"):
        PlotCohort().run()
    with pytest.raises(QSMError, match="has no column idp"):
        PlotCohort(associations=save("a.parquet", {"mlog10p": [1.0]})).run()


def test_only_the_columns_that_are_named_are_drawn(save, rng):
    table = {"T2_a": rng.normal(size=60), "T2_b": rng.normal(size=60)}
    gradients = save("g.tsv", {"T2_a": rng.gamma(2, 1, 60), "T2_b": rng.gamma(2, 1, 60)}, range(1, 61))
    idps = save("i.tsv", table, range(1, 61))
    assert names(PlotCohort(idps=idps, gradients=gradients, columns=["T2_b"]).run().outputs) == ["gradient_T2_b"]
    with pytest.raises(QSMError, match="has no column T2_c"):
        PlotCohort(idps=idps, columns=["T2_c"]).run()
