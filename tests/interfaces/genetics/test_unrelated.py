"""A list of unrelated people from UK Biobank's kind of kinship table."""

import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.genetics import Unrelated


def test_the_list_has_no_relatives(tmp_path):
    (tmp_path / "ids.txt").write_text("1\n2\n3\n4\n")
    (tmp_path / "rel.dat").write_text("ID1 ID2 HetHet IBS0 Kinship\n1 2 0.1 0 0.25\n2 3 0.1 0 0.12\n3 4 0.1 0 0.06\n")
    (tmp_path / "imaged.txt").write_text("4\n")
    made = Unrelated(ids=str(tmp_path / "ids.txt"), pairs=str(tmp_path / "rel.dat")).run(cwd=str(tmp_path)).outputs
    assert (tmp_path / "unrelated.txt").read_text() == "1\n3\n4\n"
    assert made.n_people == 3
    strict = Unrelated(ids=str(tmp_path / "ids.txt"), pairs=str(tmp_path / "rel.dat"), kinship=0.0442)
    strict.inputs.preferred = str(tmp_path / "imaged.txt")
    strict.run(cwd=str(tmp_path))
    assert (tmp_path / "unrelated.txt").read_text() == "1\n4\n"


def test_a_table_without_kinship_is_refused(tmp_path):
    (tmp_path / "ids.txt").write_text("1\n2\n")
    (tmp_path / "rel.dat").write_text("A B C\n1 2 0.2\n")
    with pytest.raises(QSMError, match="ID1, ID2 and Kinship"):
        Unrelated(ids=str(tmp_path / "ids.txt"), pairs=str(tmp_path / "rel.dat")).run(cwd=str(tmp_path))


def test_a_gap_in_the_table_does_not_hide_relatives(tmp_path):
    """A column with a gap is read as decimals: 2.0 is person 2."""
    (tmp_path / "ids.txt").write_text("1\n2\n3\n")
    (tmp_path / "rel.tsv").write_text("ID1\tID2\tKinship\n1\t2\t0.25\n3\t\t0.25\n")
    made = Unrelated(ids=str(tmp_path / "ids.txt"), pairs=str(tmp_path / "rel.tsv")).run(cwd=str(tmp_path)).outputs
    assert made.n_people == 2
