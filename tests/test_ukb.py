"""UK Biobank's tree."""

import re

import pytest

from nipype_qsm import ukb
from nipype_qsm.errors import ImageError
from nipype_qsm.tables import write_rows
from nipype_qsm.ukb_results import flagged


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"x")
    return folder


def test_every_line_of_the_tree_says_who_writes_it_in_what_unit_and_what_it_is():
    entries = ukb.entries().values()
    assert len(entries) > 50
    for entry in entries:
        assert set(entry.writers.split(", ")) <= {"core", "release", "ours"}, entry
        assert entry.unit and entry.meaning, entry
    units = {entry.name: entry.unit for entry in entries}
    assert units["qsm_referenced"] == units["released_qsm"] == "ppb"
    assert units["t2star"] == units["t2star_to_t1"] == "ms"


def test_each_file_of_the_tree_has_one_place():
    paths = [entry.path for entry in ukb.entries().values()]
    assert len(set(paths)) == len(paths)
    assert all(re.match(r"(SWI|QSM|T1|T2_FLAIR|DICOM|raw|IDP_files)/", path) for path in paths)


def test_the_phantom_writes_what_the_tree_names(small_subject):
    files = [path.relative_to(small_subject / "ukb") for path in (small_subject / "ukb").rglob("*") if path.is_file()]
    ours = [path.as_posix() for path in files if path.parts[0] != "truth"]
    assert len(ours) > 30
    assert [path for path in ours if ukb.place(path) != path] == []


@pytest.mark.parametrize(
    ("member", "where"),
    [
        ("SWI/MAG_TE1/any_COIL01.nii.gz", "SWI/MAG_TE1/any_COIL01.nii.gz"),
        ("1234567_20251_2_0/SWI/SWI_to_T1.mat", "SWI/SWI_to_T1.mat"),
        ("T1/T1.nii", "T1/T1.nii"),
        ("SWI/SWI_TOTAL_MAG.json", "SWI/SWI_TOTAL_MAG.json"),
        ("SWI/unheard_of.nii.gz", None),
        ("T1/T1_fast/T1.nii.gz", None),
        ("SWI/MAG_TE1/deep/er.nii.gz", None),
        ("run.sh", None),
    ],
)
def test_a_member_of_an_archive_goes_where_the_tree_has_it(member, where):
    assert ukb.place(member) == where


def test_a_file_is_found_compressed_or_not_by_the_first_of_its_names(tmp_path):
    visit = ukb.Visit("a", touch(tmp_path / "with space + (1)", "T1/T1.nii"))
    assert visit.find("t1_unbiased", "t1") == visit.folder / "T1" / "T1.nii"
    assert visit.find("t1_unbiased") is None
    assert visit.path("combined_phase", echo=2) == visit.folder / "SWI/QSM/QSM_mcpc3Ds_PHA_TE2.nii.gz"
    with pytest.raises(ImageError, match=r"T1/T1_unbiased.nii.gz is missing; why not"):
        visit.require("t1_unbiased", why="why not")


COILS = [f"SWI/{kind}_TE{e}/X_COIL0{c}_ECHO{e}.nii.gz" for kind in ("MAG", "PHA") for e in (1, 2) for c in (1, 2)]
COMBINED = [f"QSM_mcpc3Ds_{kind}_TE{e}.nii.gz" for kind in ("MAG", "PHA") for e in (1, 2)]
SCANNER = [f"SWI/SWI_TOTAL_{kind}{echo}.nii.gz" for kind in ("MAG", "PHA") for echo in ("", "_TE2")]


def test_coils_are_taken_before_combined_before_the_scanners(tmp_path):
    visit = ukb.Visit("a", touch(tmp_path, *SCANNER))
    assert ukb.echoes(visit).source == "scanner"
    touch(tmp_path, *(f"SWI/QSM/{name}" for name in COMBINED))
    assert ukb.echoes(visit).source == "combined"
    touch(tmp_path, *COILS)
    found = ukb.echoes(visit)
    assert found.source == "coils"
    assert [len(found.phase), len(found.magnitude)] == [4, 4]
    assert [path.name for path in found.phase][:2] == ["X_COIL01_ECHO1.nii.gz", "X_COIL02_ECHO1.nii.gz"]
    assert ukb.echoes(visit, "scanner").phase[1].name == "SWI_TOTAL_PHA_TE2.nii.gz"
    assert ukb.echoes(ukb.Visit("b", tmp_path / "T1")) is None


def test_the_released_folder_is_taken_before_the_pipelines(tmp_path):
    visit = ukb.Visit("a", touch(tmp_path, *(f"{top}/{name}" for name in COMBINED for top in ("QSM", "SWI/QSM"))))
    assert ukb.echoes(visit).phase[0] == tmp_path / "QSM/QSM_mcpc3Ds_PHA_TE1.nii.gz"


def test_the_scanners_magnitude_is_the_one_before_gradient_unwarping(tmp_path):
    visit = ukb.Visit(
        "a", touch(tmp_path, *SCANNER, "SWI/SWI_TOTAL_MAG_orig.nii.gz", "SWI/SWI_TOTAL_MAG_TE2_orig.nii.gz")
    )
    assert [path.name for path in ukb.echoes(visit).magnitude] == [
        "SWI_TOTAL_MAG_orig.nii.gz",
        "SWI_TOTAL_MAG_TE2_orig.nii.gz",
    ]


def test_a_coil_without_its_magnitude_is_refused_and_not_replaced_by_another_source(tmp_path):
    visit = ukb.Visit("a", touch(tmp_path, *SCANNER, *COILS[:-1]))
    with pytest.raises(ImageError, match="3 phase and 4 magnitude files") as refused:
        ukb.echoes(visit)
    assert "--from" in refused.value.remedy


def test_a_flag_is_a_sentence_with_unit_and_usual_range(tmp_path):
    rows = [
        {"name": "label_fit", "value": 0.3, "unit": "", "low": 0.15, "high": 1, "flag": 0, "meaning": "good"},
        {"name": "iron", "value": 16.72299, "unit": "ppb", "low": 20, "high": 260, "flag": 1, "meaning": "too little"},
        {"name": "idps_missing", "value": 2, "unit": "", "low": 0, "high": 0, "flag": 1, "meaning": "no number"},
        {"name": "contrast", "value": float("nan"), "unit": "ppb", "low": 0, "high": 400, "flag": 1, "meaning": "sign"},
    ]
    assert flagged(write_rows(rows, tmp_path / "qc.tsv", list(rows[0]))) == [
        "iron is 16.72 ppb (usual: 20 to 260): too little",
        "idps_missing is 2 (usual: 0): no number",
        "contrast could not be measured: sign",
    ]
