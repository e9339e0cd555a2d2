import math
import sys

import pandas as pd
import pytest

from nipype_qsm.errors import ImageError, QSMError, ToolMissing
from nipype_qsm.tables import column_names, plain_id, read_rows, read_table, write_rows, write_table


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


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "eid,x,y\n1,1.5,\n2.0,,3\n"),
        ("a.tsv", "\ufeffeid\tx\ty\n1\t1.5\tNA\n2.0\t\t3\n"),
        ("a.txt", "eid  x  y\n1  1.5  NaN\n2.0  NA  3\n"),
    ],
)
def test_a_table_of_subjects_is_read_by_id_whatever_separates_it(tmp_path, name, text):
    frame = read_table(written(tmp_path / name, text))
    assert list(frame.index) == ["1", "2"]
    assert frame.index.name == "eid"
    assert frame["x"].iloc[0] == 1.5
    assert frame["y"].isna().tolist() == [True, False]


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.parquet"])
def test_numbers_come_back_to_the_last_bit(tmp_path, name):
    frame = pd.DataFrame({"x": [0.1, 1 / 3, math.nan], "note": ["a", "b, c", None]}, index=["7", "8", "9"])
    frame.index.name = "subject"
    write_table(frame, tmp_path / name)
    back = read_table(tmp_path / name, text="keep")
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
    assert list(read_table(tmp_path / name, columns=["x"]).columns) == ["x"]
    assert column_names(tmp_path / name) == ["subject", "x", "note"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("eid,x\n1,2\n1,3\n", "eid 1 stands in 2 rows .* Keep one row a subject"),
        ("eid,visit,x\n1,2,5\n1,3,6\n", r"mixes the visits 2, 3: .* Choose one of them \(--visit 2\)"),
        ("eid,x\n1,2\n2,abc\n", "Column x .* holds text: 'abc' for eid 2"),
        ("eid,x\n1,2\n2,2020-05-01\n", "which looks like a date"),
        ('eid,x\n1,2\n2,"3,5"\n', "which looks like a decimal comma"),
        ("eid,x,x\n1,2,3\n", "two columns named x"),
        ("eid,x\n", "has no rows"),
        ("eid,x\n1,2\n,3\n", "Line 3 .* has no eid"),
        ("", "cannot be read as a table"),
    ],
)
def test_faults_of_a_table_are_told_with_their_cure(tmp_path, text, told):
    with pytest.raises(QSMError, match=told):
        read_table(written(tmp_path / "t.csv", text))


def test_a_visit_can_be_chosen_and_its_column_goes(tmp_path):
    path = written(tmp_path / "t.csv", "eid,visit,x\n1,2,5\n1,3,6\n2,3,7\n")
    frame = read_table(path, visit="3")
    assert frame["x"].to_dict() == {"1": 6, "2": 7}
    assert list(frame.columns) == ["x"]
    with pytest.raises(QSMError, match="no row of visit 9"):
        read_table(path, visit="9")


@pytest.mark.parametrize("column", [None, "person"])
def test_zeros_that_lead_an_id_belong_to_it(tmp_path, column):
    path = written(tmp_path / "t.tsv", f"x\t{column or 'participant_id'}\n5\t007\n6\t7\n")
    assert read_table(path, column)["x"].to_dict() == {"007": 5, "7": 6}
    write_table(read_table(path, column), tmp_path / "t.parquet")
    assert list(read_table(tmp_path / "t.parquet").index) == ["007", "7"]


def test_the_ids_can_stand_in_any_column(tmp_path):
    path = written(tmp_path / "t.csv", "x,person\n5,b\n6,a\n")
    assert read_table(path, "person")["x"].to_dict() == {"b": 5, "a": 6}
    with pytest.raises(QSMError, match=r"no column eid; it has x, person. +Name the column of the ids \(--id\)"):
        read_table(path, "eid")


def test_infinite_values_are_missing_and_said(tmp_path):
    with pytest.warns(UserWarning, match="1 infinite values are taken as missing"):
        frame = read_table(written(tmp_path / "t.csv", "eid,x\n1,inf\n2,1\n"))
    assert frame["x"].isna().tolist() == [True, False]


def test_yes_and_no_become_one_and_zero(tmp_path):
    assert read_table(written(tmp_path / "t.csv", "eid,x\n1,True\n2,False\n"))["x"].tolist() == [1, 0]


def test_a_table_that_is_not_there_and_a_file_that_is_none(tmp_path):
    with pytest.raises(ImageError, match="does not exist"):
        read_table(tmp_path / "t.csv")
    for name in ("t.parquet", "t.csv"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x00\xff\xfe" * 9)
        with pytest.raises(QSMError, match="cannot be read as a table"):
            read_table(tmp_path / name)


def test_without_pyarrow_parquet_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ToolMissing, match=r"nipype_qsm\[cohort\]"):
        write_table(pd.DataFrame({"x": [1]}), tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_an_id_is_one_however_it_is_written():
    assert {plain_id(one) for one in (1000010, 1000010.0, " 1000010", "1000010.0")} == {"1000010"}
    assert plain_id("sub-01.0") == "sub-01.0"


def test_a_name_with_a_low_line_is_no_number(tmp_path):
    """Python itself reads 1000010_2 as 10000102."""
    rows = read_rows(written(tmp_path / "t.tsv", "subject\tn\n1000010_2\t1e3\n"))
    assert rows == [{"subject": "1000010_2", "n": 1000.0}]
