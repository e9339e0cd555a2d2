import math
from pathlib import Path

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.regions import REGIONS, IDPs, IDPTable
from nipype_qsm.kernels.regions.naming import PHENOTYPES
from nipype_qsm.tables import read_rows


@pytest.fixture
def two_grids(head_files, tmp_path):
    """Tables of the tissue alone and of the nigra alone, as two grids give them."""
    maps = {name: head_files[name] for name in ("chi_referenced", "t2star", "mask_tissue")}
    found = []
    for place, ports in enumerate((("labels", "mask_lesions", "mask_white_matter"), ("nigra_left", "nigra_right"))):
        folder = tmp_path / f"run{place}"
        folder.mkdir()
        regions = {name: head_files[name] for name in ports}
        found.append(IDPs(**maps, **regions, nigra_space="subject").run(cwd=str(folder)).outputs)
    return found


def test_two_grids_make_one_table_in_order(two_grids, tmp_path):
    lists = {port: [getattr(one, port) for one in two_grids] for port in ("idps", "regions", "confounds")}
    outputs = IDPTable(**lists).run(cwd=str(tmp_path)).outputs
    rows = read_rows(outputs.idps)
    assert [row["name"] for row in rows] == [one.name for one in PHENOTYPES]
    by_name = {row["name"]: row for row in rows}
    assert np.isfinite(by_name["QSM_Left_putamen"]["value"])
    assert np.isfinite(by_name["QSM_Left_SN"]["value"])
    # the grid that has labels knows why the caudate is missing; the other only that it has no labels
    assert by_name["QSM_Left_caudate"]["reason"] == "0 voxels with label 11; 10 are needed"
    assert {row["atlas"] for row in read_rows(outputs.regions)} >= {"subcortical", "nigra", "white_matter"}
    assert len(read_rows(outputs.confounds)) == 17


def test_uk_biobanks_files_hold_a_line_of_numbers_each(two_grids, tmp_path):
    lists = {port: [getattr(one, port) for one in two_grids] for port in ("idps", "regions")}
    outputs = IDPTable(**lists).run(cwd=str(tmp_path)).outputs
    lines = {Path(path).name: Path(path).read_text() for path in outputs.idp_files}
    assert {name: len(line.split()) for name, line in lines.items()} == {
        "bb_IDP_SWI_QSM.txt": 17,
        "bb_IDP_SWI_T2star.txt": 14,
        "bb_IDP_SWI_T2star_17.txt": 17,
        "bb_IDP_T2_FLAIR_WMH.txt": 1,
    }
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines.values())
    numbers = [float(n) for n in lines["bb_IDP_SWI_QSM.txt"].split()]
    expected = [row["value"] for row in read_rows(outputs.idps)[:17]]
    np.testing.assert_allclose(numbers, expected, rtol=1e-6)
    assert "NaN" in lines["bb_IDP_SWI_QSM.txt"]
    assert math.isclose(float(lines["bb_IDP_SWI_T2star.txt"].split()[4]), 40, rel_tol=1e-5)


def test_a_table_of_something_else_is_refused(two_grids, tmp_path):
    with pytest.raises(QSMError, match="no column name"):
        IDPTable(idps=[two_grids[0].regions]).run(cwd=str(tmp_path))
    text = Path(two_grids[0].idps).read_text().replace("QSM_Left_putamen", "QSM_Left_nose")
    (tmp_path / "odd.tsv").write_text(text)
    with pytest.raises(QSMError, match="no phenotype QSM_Left_nose"):
        IDPTable(idps=[str(tmp_path / "odd.tsv")]).run(cwd=str(tmp_path))


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["idp_table"] is IDPTable
