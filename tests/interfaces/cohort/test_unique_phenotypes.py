import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.unique_phenotypes import UniquePhenotypes

ROWS = [
    *(("QSM_SN", "10-0.0", 9.0), ("QSM_SN", "10-2.0", 8.0), ("QSM_SN", "20-2.0", 1.0), ("QSM_SN", "30-2.0", 1.0)),
    *(("T2_SN", "10-0.0", 1.0), ("T2_SN", "10-2.0", 1.0), ("T2_SN", "20-2.0", 7.5), ("T2_SN", "30-2.0", 1.0)),
    ("WMH_volume", "30-2.0", 99.0),
]


@pytest.fixture
def associations(save):
    return save("a.parquet", pd.DataFrame(ROWS, columns=["idp", "phenotype", "mlog10p"]))


def test_phenotypes_are_counted_by_category_and_modality(associations, save):
    categories = save("c.tsv", {"phenotype": [10, "20-2.0"], "category": ["diet", "blood"]})
    found = UniquePhenotypes(associations=associations, categories=categories).run().outputs
    made = pd.read_csv(found.counts, sep="\t").set_index("category")
    assert made["n_qsm"].to_dict() == {"blood": 0, "diet": 1, "no category": 0, "all": 1}
    assert made["n_t2star"].to_dict() == {"blood": 1, "diet": 0, "no category": 0, "all": 1}
    assert made.loc["all", "n_tested"] == 3


def test_a_table_of_categories_without_its_columns_is_refused(associations, save):
    with pytest.raises(QSMError, match="Give it the columns phenotype and category"):
        UniquePhenotypes(associations=associations, categories=save("c.tsv", {"a": [1], "b": [2]})).run()
