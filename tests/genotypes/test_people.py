"""People are known by id, whatever kind of file names them."""

import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.cohorts import join, withdrawn
from nipype_qsm.genotypes.people import People, read_ids, read_people


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.sample", "ID_1 ID_2 missing sex\n0 0 0 D\n1 10 0 1\n1 11 0 2\n"),
        ("b.sample", "ID_1 ID_2\n0 0\n10 10\n11 11\n"),
        ("c.sample", "ID_1 missing\n0 0\n10 0\n11 0\n"),
        ("d.sample", "10\n11\n"),
        ("a.fam", "0 10 0 0 1 -9\n0 11 0 0 2 -9\n"),
        ("a.psam", "#FID\tIID\tSEX\n0\t10\t1\n0\t11\t2\n"),
        ("b.psam", "##comment\n#IID\n10\n11\n"),
    ],
)
def test_every_kind_of_sample_file_is_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    people = read_people(tmp_path / name)
    assert people.ids == ["10", "11"]
    assert list(people.sex) in ([1, 2], [0, 0])


def test_a_person_who_stands_there_twice_is_refused(tmp_path):
    (tmp_path / "a.fam").write_text("0 10 0 0 1 -9\n0 10 0 0 2 -9\n")
    with pytest.raises(QSMError, match="names 10 twice"):
        read_people(tmp_path / "a.fam")


def test_a_sample_file_without_its_row_of_types_is_refused(tmp_path):
    (tmp_path / "a.sample").write_text("ID_1 ID_2 missing\n10 10 0\n")
    with pytest.raises(QSMError, match="no row of types"):
        read_people(tmp_path / "a.sample")


@pytest.mark.parametrize(
    "text", ["10\n11\n", "IID\n10\n11\n", "0 10\n0 11\n", "#FID IID\n0 10\n0 11\n", "10\n11\n10\n"]
)
def test_lists_of_people_are_read_in_every_common_form(tmp_path, text):
    (tmp_path / "list.txt").write_text(text)
    assert read_ids(tmp_path / "list.txt") == ["10", "11"]


@pytest.mark.parametrize("text", ["\ufeff10\n11\n", '\ufeff"eid"\n"10"\n"11"\n'])
def test_a_list_that_a_spreadsheet_saved_names_the_same_people(tmp_path, text):
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    assert read_ids(tmp_path / "list.csv") == ["10", "11"]


@pytest.mark.parametrize(("name", "out"), [("-3", True), ("0", True), ("7", False), ("HG-1", False), ("p0", False)])
def test_ids_that_are_not_positive_are_people_who_withdrew(name, out):
    assert withdrawn(name) is out


def people(*names):
    return People.named(list(names), "file")


def test_people_are_joined_by_id_and_counted():
    cohorts = join(people("5", "-1", "3", "9", "4"), [{"3", "4", "5", "7", "-1"}, {"3", "5", "4"}], exclude=["4"])
    assert cohorts.ids == ["5", "3"]
    assert cohorts.counts == {
        "in the genotypes": 5,
        "withdrawn (ids that are not positive)": 1,
        "excluded by list": 1,
        "in the genotypes and all tables": 2,
    }
    assert list(cohorts.rows(people("3", "x", "5"), "other")) == [2, 0]


def test_cohorts_stand_one_after_the_other():
    cohorts = join(people("1", "2", "3", "4"), [], discovery=["4", "2"], replication=["1", "9"])
    assert cohorts.ids == ["2", "4", "1"]
    assert cohorts.parts == {"discovery": slice(0, 2), "replication": slice(2, 3)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"discovery": ["1", "2"], "replication": ["2"]}, "2, are in discovery and in replication"),
        ({"discovery": ["1"], "replication": ["9"]}, "Nobody of the replication list"),
        ({"discovery": ["1"]}, "One of the two lists"),
    ],
)
def test_lists_that_contradict_are_refused(options, message):
    with pytest.raises(QSMError, match=message):
        join(people("1", "2"), [], **options)


def test_tables_of_other_people_are_refused():
    with pytest.raises(QSMError, match="nobody in common: 1, 2 against x"):
        join(people("1", "2"), [{"x"}])


def test_a_second_genotype_file_without_someone_is_refused():
    with pytest.raises(QSMError, match="chr2 lacks 1 of 2 people, such as 2"):
        join(people("1", "2"), []).rows(people("1"), "chr2")
