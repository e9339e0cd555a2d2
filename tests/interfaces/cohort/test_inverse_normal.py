import numpy as np
import pandas as pd

from nipype_qsm.interfaces.cohort.inverse_normal import RankInverseNormal
from nipype_qsm.kernels.cohort.inverse_normal import inverse_normal


def test_columns_of_numbers_become_scores_and_text_stays(rng, save):
    values = np.round(rng.normal(size=40), 1)
    path = save("t.csv", {"note": ["x"] * 40, "a": values}, range(1, 41))
    found = RankInverseNormal(values=path, ties="mean_rank").run().outputs
    frame = pd.read_parquet(found.values)
    np.testing.assert_array_equal(frame["a"], inverse_normal(values[:, None], ties="mean_rank")[:, 0])
    assert list(frame["note"]) == ["x"] * 40
