import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.bland_altman import BlandAltman


def test_regions_that_both_have_are_compared_phenotype_by_phenotype(save):
    rows = [
        ("QSM_SN", "a", 8.0),
        ("T2_SN", "a", 0.0),
        ("QSM_SN", "b", 3.0),
        ("T2_SN", "b", None),
        ("QSM_WMH", "a", 9.0),
    ]
    path = save("a.parquet", pd.DataFrame(rows, columns=["idp", "phenotype", "mlog10p"]))
    made = pd.read_parquet(BlandAltman(associations=path).run().outputs.comparison)
    assert made.to_dict("records") == [
        {"region": "SN", "phenotype": "a", "qsm": 8.0, "t2star": 0.0, "mean": 4.0, "difference": 8.0,
         "angle": pytest.approx(63.43, abs=0.01)}
    ]  # fmt: skip


def test_names_that_tell_no_modality_are_refused(save):
    path = save("a.parquet", {"idp": ["x"], "phenotype": ["a"], "mlog10p": [1.0]})
    with pytest.raises(QSMError, match="QSM_Left_thalamus and T2_Left_thalamus"):
        BlandAltman(associations=path).run()
