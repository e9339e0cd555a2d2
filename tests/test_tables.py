import math

import pytest

from nipype_qsm.errors import ImageError, QSMError
from nipype_qsm.tables import read_rows, write_rows


def test_what_is_written_is_read_again(tmp_path):
    rows = [{"name": "a", "value": 1.25, "n": 3}, {"name": "b", "value": math.nan, "n": 0, "reason": "two\twords"}]
    back = read_rows(write_rows(rows, tmp_path / "t.tsv", ["name", "value", "n", "reason"]))
    assert back[0] == {"name": "a", "value": 1.25, "n": 3, "reason": ""}
    assert math.isnan(back[1]["value"])
    assert back[1]["reason"] == "two words"


def test_commas_separate_where_the_name_says_so(tmp_path):
    (tmp_path / "t.csv").write_text("name,mean\nx,2\n")
    assert read_rows(tmp_path / "t.csv", ["name"]) == [{"name": "x", "mean": 2}]


@pytest.mark.parametrize(
    ("content", "message"), [("a\tb\n1\n", "Line 2"), ("a\n1\n", "no column name.*it has a"), ("", "it has none")]
)
def test_a_broken_table_is_refused_with_its_cure(tmp_path, content, message):
    (tmp_path / "t.tsv").write_text(content)
    with pytest.raises(QSMError, match=message):
        read_rows(tmp_path / "t.tsv", ["name"] if "Line" not in message else [])


def test_a_table_that_is_no_text_or_is_missing_is_refused(tmp_path):
    (tmp_path / "t.tsv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(QSMError, match="not a text table"):
        read_rows(tmp_path / "t.tsv")
    with pytest.raises(ImageError, match="does not exist"):
        read_rows(tmp_path / "none.tsv")
