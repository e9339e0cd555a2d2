import math

import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.regions import REGIONS, IDPChange
from nipype_qsm.interfaces.regions.base import IDP_COLUMNS
from nipype_qsm.tables import read_rows, write_rows


def idps(path, **values):
    rows = [{"name": name, "value": value, "unit": "ppb", "n_voxels": 20, "reason": "" if value == value else "gone"}
            for name, value in values.items()]  # fmt: skip
    return str(write_rows(rows, path, IDP_COLUMNS))


def test_the_first_visit_is_taken_from_the_second(tmp_path):
    first = idps(tmp_path / "1.tsv", QSM_Left_putamen=40.0, QSM_Left_SN=100.0)
    second = idps(tmp_path / "2.tsv", QSM_Left_putamen=43.5, QSM_Left_SN=math.nan)
    rows = read_rows(IDPChange(idps_first=first, idps_second=second).run(cwd=str(tmp_path)).outputs.changes)
    assert (rows[0]["first"], rows[0]["second"], rows[0]["change"]) == (40, 43.5, 3.5)
    assert math.isnan(rows[1]["change"])
    assert rows[1]["reason"] == "second visit: gone"


def test_tables_of_different_phenotypes_are_refused(tmp_path):
    first, second = idps(tmp_path / "1.tsv", QSM_Left_SN=1.0), idps(tmp_path / "2.tsv", QSM_WMH=1.0)
    with pytest.raises(QSMError, match="different phenotypes"):
        IDPChange(idps_first=first, idps_second=second).run(cwd=str(tmp_path))


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["idp_change"] is IDPChange
