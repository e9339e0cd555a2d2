"""Bulk archives of UK Biobank."""

import zipfile

import pytest

from nipype_qsm import bulk, ukb
from nipype_qsm.errors import ImageError, MetadataError


def pack(folder, name, *members):
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return folder / name


def test_archives_are_sorted_into_participants_and_instances(tmp_path):
    for name in ("11_20251_2_0.zip", "11_20252_2_0.zip", "11_20251_3_0.zip", "22_26301_2_0.zip", "22_20263_2_0.zip"):
        pack(tmp_path, name, "SWI/SWI_TOTAL_MAG.nii.gz")
    found, notes = bulk.packages([tmp_path])
    assert {p.label: [a.name for a in p.archives] for p in found} == {
        "11_2": ["11_20251_2_0.zip", "11_20252_2_0.zip"],
        "11_3": ["11_20251_3_0.zip"],
        "22_2": ["22_26301_2_0.zip"],
    }
    assert notes == ["22_20263_2_0.zip: field 20263 is not needed"]
    found, notes = bulk.packages([tmp_path], instance=3)
    assert [p.label for p in found] == ["11_3"]
    assert len(notes) == 4


def test_an_archive_is_opened_into_the_tree(tmp_path):
    archive = pack(tmp_path, "11_20251_2_0.zip", "SWI/SWI_TOTAL_MAG.nii.gz", "SWI/fieldmap/skip.nii.gz")
    (package,), _ = bulk.packages([archive])
    visit = package.open(tmp_path / "work")
    assert visit.folder == tmp_path / "work" / "11_2"
    assert visit.find("total_magnitude_1").read_bytes() == b"x"
    assert [p.name for p in visit.folder.rglob("*") if p.is_file()] == ["SWI_TOTAL_MAG.nii.gz"]


def test_dicom_images_of_one_name_in_two_folders_are_both_taken(tmp_path):
    archive = pack(tmp_path, "11_20219_2_0.zip", "17/0001.dcm", "20/0001.dcm", "manifest.csv")
    (package,), _ = bulk.packages([archive])
    taken = [path for path in (package.open(tmp_path / "work").folder / "DICOM").rglob("*") if path.is_file()]
    assert sorted(path.parent.name for path in taken) == ["17", "20"]


def test_a_folder_is_a_visit_of_its_own_name(tmp_path):
    (tmp_path / "1234567" / "SWI").mkdir(parents=True)
    (package,), _ = bulk.packages([tmp_path / "1234567"])
    assert package.open(tmp_path / "work") == ukb.Visit("1234567", tmp_path / "1234567")


@pytest.mark.parametrize(
    ("names", "problem", "cure"),
    [
        (["no"], "does not exist", "visit's folder"),
        (["empty"], "holds none of SWI", "folder of archives"),
        (["swi.zip"], "not named as UK Biobank", "Keep the names"),
        (["11_20263_2_0.zip"], "None of the 1 archives", "20251"),
        (["11_20251_2_0.zip", "11_20251_2_1.zip"], "same field of the same visit", "once"),
    ],
)
def test_what_is_no_subject_is_refused_with_its_cure(tmp_path, names, problem, cure):
    (tmp_path / "empty").mkdir()
    for name in names:
        if name.endswith(".zip"):
            pack(tmp_path, name, "SWI/SWI_TOTAL_MAG.nii.gz")
    with pytest.raises((ImageError, MetadataError), match=problem) as refused:
        bulk.packages([tmp_path / name for name in names])
    assert cure in refused.value.remedy


def test_an_archive_of_another_field_than_its_name_says_is_refused(tmp_path):
    archive = pack(tmp_path, "11_20252_2_0.zip", "FreeSurfer/mri/aseg.mgz")
    (package,), _ = bulk.packages([archive])
    with pytest.raises(ImageError, match="holds no file that UK Biobank's tree names"):
        package.open(tmp_path / "work")
