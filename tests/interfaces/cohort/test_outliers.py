import numpy as np
import pandas as pd

from nipype_qsm.interfaces.cohort import COHORT_METHODS
from nipype_qsm.interfaces.cohort.outliers import RemoveOutliers
from nipype_qsm.kernels.cohort.outliers import outliers


def test_columns_of_numbers_lose_their_outliers_and_text_stays(rng, save):
    values = np.r_[rng.normal(size=50), 40.0]
    path = save("t.tsv", {"a": values, "note": ["x"] * 51}, range(1, 52))
    found = RemoveOutliers(values=path, factor=5.0).run().outputs
    frame = pd.read_parquet(found.values)
    np.testing.assert_array_equal(frame["a"], outliers(values[:, None], factor=5.0).values[:, 0])
    assert list(frame.columns) == ["eid", "a", "note"]
    assert pd.read_csv(found.removed, sep="\t").to_dict("list") == {"column": ["a"], "n_removed": [1]}


def test_the_registry_knows_it_by_its_file_name():
    assert COHORT_METHODS["outliers"] is RemoveOutliers
