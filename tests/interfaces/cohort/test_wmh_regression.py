import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.wmh_regression import WMHRegression
from nipype_qsm.kernels.cohort.wmh_regression import wmh_regression


def test_the_eighteenth_phenotype_of_each_kind_stands_behind_the_seventeenth(cohort):
    frames, paths = cohort
    found = WMHRegression(idps=paths["idps"]).run().outputs
    made = pd.read_parquet(found.idps).set_index("eid")
    assert list(made.columns) == [
        *("QSM_Left_thalamus", "QSM_WMH", "QSM_WMH_without_volume"),
        *("T2_Left_thalamus", "T2_WMH", "T2_WMH_without_volume", "WMH_volume"),
    ]
    idps = frames["idps"]
    expected = wmh_regression(idps[["QSM_WMH"]].to_numpy(), idps["WMH_volume"].to_numpy()).values[:, 0]
    made.index = made.index.astype(int)
    pd.testing.assert_series_equal(
        made["QSM_WMH_without_volume"].sort_index(), pd.Series(expected, idps.index), check_names=False, atol=1e-12
    )
    assert list(pd.read_csv(found.slopes, sep="\t")["column"]) == ["QSM_WMH", "T2_WMH"]


def test_a_table_without_lesions_passes_and_one_without_their_volume_is_refused(save):
    path = save("t.tsv", {"QSM_SN": [1.0, 2.0]}, [1, 2])
    assert list(pd.read_parquet(WMHRegression(idps=path).run().outputs.idps).columns) == ["eid", "QSM_SN"]
    path = save("u.tsv", {"QSM_WMH": [1.0, 2.0]}, [1, 2])
    with pytest.raises(QSMError, match="no column WMH_volume"):
        WMHRegression(idps=path).run()
