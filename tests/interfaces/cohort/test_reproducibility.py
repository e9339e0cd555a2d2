import numpy as np
import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.reproducibility import Reproducibility


@pytest.fixture
def visits(rng, save):
    person, ids = rng.normal(size=(60, 3)), np.arange(1, 61)
    names = ["QSM_SN", "QSM_WMH", "T2_SN"]
    zero = rng.normal(size=(2, 60, 1))
    tables = {}
    for place, visit in enumerate(("first", "second")):
        measured = person + 0.3 * rng.normal(size=(60, 3)) + zero[place] * [1, 0, 0]
        tables[visit] = save(f"{visit}.tsv", dict(zip(names, measured.T, strict=True)), ids)
        tables[f"references_{visit}"] = save(f"r{visit}.tsv", {"white matter": zero[place][:, 0]}, ids)
    return tables


def test_other_references_take_their_error_out_of_susceptibility_alone(visits):
    made = pd.read_csv(Reproducibility(**visits, n_bootstrap=100).run().outputs.reproducibility, sep="\t")
    assert list(zip(made["idp"], made["reference"], strict=True)) == [
        *(("QSM_SN", "as given"), ("QSM_WMH", "as given"), ("T2_SN", "as given")),
        ("QSM_SN", "white matter"),
    ]
    r = made["r"].to_numpy()
    assert r[3] > 0.8 > 0.7 > r[0]  # 0.92, 0.47: a zero that wanders costs reproducibility
    assert (made["low"] < made["r"]).all()
    assert (made["r"] < made["high"]).all()


def test_references_of_one_visit_and_visits_of_other_phenotypes_are_refused(visits, save):
    with pytest.raises(QSMError, match="Give those of both visits"):
        Reproducibility(**{name: visits[name] for name in ("first", "second", "references_first")}).run()
    other = save("o.tsv", {"x": np.ones(60)}, range(1, 61))
    with pytest.raises(QSMError, match="no column in common"):
        Reproducibility(first=visits["first"], second=other).run()
