import numpy as np
import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.deconfound import Deconfound
from oracles import regressed_row_by_row


def test_residuals_and_both_degrees_of_freedom_by_id(cohort):
    frames, paths = cohort
    found = Deconfound(values=paths["idps"], confounds=paths["confounds"]).run().outputs
    made = pd.read_parquet(found.residuals).set_index("eid")
    made.index = made.index.astype(int)
    expected, ranks = regressed_row_by_row(frames["idps"].to_numpy(), frames["confounds"].to_numpy())
    np.testing.assert_allclose(made.loc[frames["idps"].index], expected, atol=1e-9)  # 4e-12, of volumes of 1e5
    told = pd.read_csv(found.ranks, sep="\t")
    assert list(told["rank"]) == list(ranks)
    assert (told["dof_pairwise"] - told["dof"] == told["rank"]).all()


def test_own_confounds_belong_to_the_column_of_their_name(cohort, save, rng):
    frames, paths = cohort
    own = rng.normal(size=150)
    path = save("own.tsv", {"T2_WMH": own}, frames["idps"].index)
    found = Deconfound(values=paths["idps"], confounds=paths["confounds"], own_confounds=path).run().outputs
    told = pd.read_csv(found.ranks, sep="\t").set_index("column")
    assert told["rank"].to_dict() == dict.fromkeys(frames["idps"].columns, 3) | {"T2_WMH": 4}
    left = pd.read_parquet(found.residuals).set_index("eid")["T2_WMH"]
    left.index = left.index.astype(int)
    assert abs(left.corr(pd.Series(own, frames["idps"].index))) < 1e-12


def test_a_missing_confound_leaves_a_subject_out_and_is_said(save):
    values = save("v.tsv", {"a": np.arange(20.0) ** 2}, range(1, 21))
    confounds = save("c.tsv", {"age": [np.nan, *range(19)]}, range(1, 21))
    with pytest.warns(UserWarning, match="1 of 20 subjects miss a confound, most often age"):
        found = Deconfound(values=values, confounds=confounds).run().outputs
    assert pd.read_parquet(found.residuals)["a"].isna().sum() == 1


def test_own_confounds_of_unknown_names_are_refused(cohort, save):
    frames, paths = cohort
    path = save("own.tsv", {"SN": np.ones(150)}, frames["idps"].index)
    with pytest.raises(QSMError, match="Name each column as the variable"):
        Deconfound(values=paths["idps"], confounds=paths["confounds"], own_confounds=path).run()
