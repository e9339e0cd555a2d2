"""`nipype-qsm bids`: what it refuses, and which recordings it takes."""

import json

import pytest

from nipype_qsm.bids_derivatives import describe_dataset
from nipype_qsm.cli import bids
from nipype_qsm.cli.main import main
from nipype_qsm.errors import ImageError
from nipype_qsm.io import read_json, write_json
from nipype_qsm.tables import read_rows


@pytest.fixture
def data(small_subject):
    return small_subject / "bids"


def test_an_unknown_participant_is_refused_and_nothing_is_written(data, refused, tmp_path):
    said = refused(["bids", data, tmp_path / "out", "participant", "--participant-label", "07"])
    assert "no participant 07" in said
    assert "It has: 01." in said
    assert not (tmp_path / "out").exists()


def test_a_data_set_of_another_maker_is_not_written_into(data, refused, tmp_path):
    write_json({"Name": "theirs", "GeneratedBy": [{"Name": "fMRIPrep"}]}, tmp_path / "out/dataset_description.json")
    assert "nipype_qsm did not make" in refused(["bids", data, tmp_path / "out", "participant", "--maps-only"])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["dataset_description.json"]


def test_a_filter_file_that_is_no_json_is_refused(data, refused, tmp_path):
    (tmp_path / "filter.json").write_text("{")
    command = ["bids", data, tmp_path / "out", "participant", "--bids-filter-file", tmp_path / "filter.json"]
    assert "not a readable filter file" in refused(command)


def test_the_group_level_without_participants_is_refused(data, refused, tmp_path):
    assert "holds no table of phenotypes" in refused(["bids", data, tmp_path, "group"])


def test_the_group_table_holds_every_recording_and_its_session(data, tmp_path):
    for stem, value in (("sub-01_ses-a", 1.0), ("sub-01_ses-b", 2.0), ("sub-02_ses-a", 3.0)):
        folder = tmp_path / stem.split("_")[0] / stem.split("_")[1]
        folder.mkdir(parents=True)
        (folder / f"{stem}_idps.tsv").write_text(f"name\tvalue\tunit\nQSM_Left_thalamus\t{value}\tppb\n")
    assert main(["bids", str(data), str(tmp_path), "group"]) == 0
    rows = read_rows(tmp_path / "group_idps.tsv")
    assert [(r["participant_id"], r["session_id"], r["QSM_Left_thalamus"]) for r in rows] == [
        ("sub-01", "ses-a", 1), ("sub-01", "ses-b", 2), ("sub-02", "ses-a", 3),
    ]  # fmt: skip
    assert main(["bids", str(data), str(tmp_path), "group", "--participant-label", "02"]) == 0
    assert len(read_rows(tmp_path / "group_idps.tsv")) == 1


def test_one_recording_that_fails_does_not_stop_the_others(tmp_path, capsys, monkeypatch, data):
    seen = []

    def one(recording, options):
        seen.append(recording.stem)
        if recording.stem == "sub-01":
            raise ImageError("It is broken.", remedy="Mend it.")

    monkeypatch.setattr(bids, "_recording", one)
    monkeypatch.setattr("nipype_qsm.bids.Dataset.participants", ["01"])
    from nipype_qsm.bids import Dataset

    (found,) = Dataset(data).recordings()
    other = type(found)(**{**vars(found), "entities": {"sub": "02"}})
    monkeypatch.setattr("nipype_qsm.bids.Dataset.recordings", lambda *_: [found, other])
    assert main(["bids", str(data), str(tmp_path / "out"), "participant"]) == 1
    assert seen == ["sub-01", "sub-02"]
    assert "1 of 2 recordings failed" in capsys.readouterr().err


def test_a_description_says_maker_version_and_source(data, tmp_path):
    describe_dataset(tmp_path, data)
    told = read_json(tmp_path / "dataset_description.json")
    assert told["DatasetType"] == "derivative"
    assert told["GeneratedBy"][0]["Name"] == "nipype_qsm"
    assert told["SourceDatasets"][0]["URL"].startswith("file://")
    assert "*.html" in (tmp_path / ".bidsignore").read_text()
    json.dumps(told)
