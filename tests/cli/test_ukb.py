"""`nipype-qsm ukb`: what it refuses before anything is computed, and what it says."""

import os
import shutil
import zipfile

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.cli import ukb
from nipype_qsm.cli.main import main
from nipype_qsm.errors import ImageError
from nipype_qsm.io import save_volume
from nipype_qsm.phantoms.ukb_tree import pack_bulk


@pytest.fixture
def visit(small_subject, tmp_path):
    """A visit's folder that can be spoiled: a copy by links; `rewrite` replaces a file."""
    shutil.copytree(small_subject / "ukb", tmp_path / "visit", copy_function=os.link)
    return tmp_path / "visit"


def rewrite(path, content):
    path.unlink(missing_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def refusal(refused, tmp_path):
    """Run the verb, which must refuse with nothing written, and return what it said."""

    def run(*arguments):
        said = refused(["ukb", *arguments, "--out", tmp_path / "out", "--n-procs", 1])
        assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
        return said

    return run


def nigra(visit):
    masks = [visit / "truth" / f"nigra_{side}.nii.gz" for side in ("left", "right")]
    return ["--nigra", *masks, "--template-space", "MNI152NLin2009cAsym"]


def test_a_folder_that_is_no_visit_is_refused(refusal, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds none of SWI, QSM, T1" in refusal(tmp_path / "empty")
    assert "does not exist" in refusal(tmp_path / "nowhere")


def test_a_visit_without_echoes_is_refused_and_told_what_to_give(refusal, visit):
    shutil.rmtree(visit / "SWI")
    (visit / "SWI").mkdir()
    said = refusal(visit)
    assert "holds no phase and magnitude" in said
    assert "20251" in said


def test_a_missing_coil_is_named_and_not_replaced_by_another_source(refusal, visit):
    next((visit / "SWI/PHA_TE2").glob("*COIL02*.nii.gz")).unlink()
    assert "5 phase and 6 magnitude files of uncombined coils" in refusal(visit)


@pytest.mark.parametrize("name", ["SWI/PHA_TE1", "SWI/MAG_TE2"])
def test_a_truncated_coil_is_found_before_the_run(refusal, visit, name):
    path = sorted((visit / name).glob("*.nii.gz"))[1]
    rewrite(path, path.read_bytes()[:-5000])
    said = refusal(visit)
    assert "truncated or damaged" in said
    assert path.name in said


@pytest.mark.parametrize(
    ("name", "port"),
    [("T1/T1_first/T1_first_all_fast_firstseg", "labels"), ("T2_FLAIR/lesions/final_mask", "mask_lesions")],
)
def test_a_structure_on_another_grid_than_t1_is_refused(refusal, visit, name, port):
    path = visit / f"{name}.nii.gz"
    image = nib.load(path)
    values = np.asarray(image.dataobj)[1:]
    path.unlink()
    nib.save(nib.Nifti1Image(values, image.affine), path)
    said = refusal(visit, *nigra(visit))
    assert f"{port} is (87, 112, 96)" in said
    assert f"Resample {port}" in said


def test_a_structure_whose_header_was_moved_is_refused(refusal, visit):
    path = visit / "T1/T1_first/T1_first_all_fast_firstseg.nii.gz"
    image = nib.load(path)
    values, affine = np.asarray(image.dataobj), image.affine.copy()
    affine[:, 0] *= -1
    path.unlink()
    nib.save(nib.Nifti1Image(values, affine), path)
    assert "labels" in refusal(visit, *nigra(visit))


def test_a_damaged_structure_is_found_before_the_run(refusal, visit):
    path = visit / "T1/T1.nii.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    rewrite(path, bytes(content))
    assert "T1.nii.gz is truncated or damaged" in refusal(visit, *nigra(visit))


def test_a_brain_mask_of_another_grid_is_refused(refusal, visit):
    rewrite(visit / "SWI/brain_mask.nii.gz", (visit / "T1/T1_brain_mask.nii.gz").read_bytes())
    assert "mask_fraction is (88, 112, 96)" in refusal(visit, *nigra(visit))


@pytest.mark.parametrize(
    ("matrix", "problem"),
    [
        ("not numbers", "not a"),
        ("1 0 0 0\n0 1 0 0\n0 0 1 0\n", "SWI_to_T1.mat"),
        ("-1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "mirrors the head"),
        ("1.2 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "stretches the head by a factor of 1.2"),
    ],
)
def test_a_matrix_that_is_none_or_not_rigid_is_refused(refusal, visit, matrix, problem):
    rewrite(visit / "SWI/SWI_to_T1.mat", matrix)
    assert problem in refusal(visit, *nigra(visit))


def test_a_warp_without_three_numbers_a_voxel_is_refused(refusal, visit):
    rewrite(visit / "T1/transforms/T1_to_MNI_warp.nii.gz", (visit / "T1/T1.nii.gz").read_bytes())
    assert "three numbers a voxel" in refusal(visit, *nigra(visit))


def test_a_nigra_of_another_space_is_refused_without_a_transform_there(refusal, visit, small_subject):
    masks = nigra(visit)[:3]
    said = refusal(visit, *masks, "--nigra-space", "MNI152NLin2009aSym")
    assert "The nigra lies in MNI152NLin2009aSym" in said
    assert "MNI152NLin6Asym" in said


def test_a_nigra_of_unknown_space_is_refused(refusal, visit):
    (visit / "truth/nigra_left.json").unlink()
    assert "Nobody says in which space" in refusal(visit, *nigra(visit))


def test_maps_of_another_maker_are_not_overwritten(refused, visit, tmp_path):
    path = tmp_path / "out" / "visit" / "SWI" / "T2star.nii.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"precious")
    said = refused(["ukb", visit, "--out", tmp_path / "out"])
    assert "T2star.nii.gz is there already, and not made by nipype_qsm" in said
    assert path.read_bytes() == b"precious"


def test_an_archive_that_points_outside_is_refused(refusal, visit, tmp_path):
    archives = pack_bulk(visit, tmp_path / "bulk")
    with zipfile.ZipFile(archives[0], "a") as archive:
        archive.writestr("../../evil.nii", "x")
    assert "points outside its folder" in refusal(tmp_path / "bulk")
    assert not list(tmp_path.rglob("evil.nii"))


def released(visit, values):
    frame = nib.load(visit / "SWI/SWI_TOTAL_MAG.nii.gz")
    path = visit / "QSM" / "QSM_CSFref.nii.gz"
    path.parent.mkdir(exist_ok=True)
    nib.save(nib.Nifti1Image(values.astype(np.float32), frame.affine), path)


def test_no_released_map_is_told(refusal, visit):
    assert "holds no susceptibility map" in refusal(visit, "--from", "chi")


def test_a_released_map_in_ppm_is_refused_and_never_rescaled_on_a_guess(refusal, visit, rng):
    released(visit, 0.05 * rng.standard_normal((64, 72, 26)))
    said = refusal(visit, "--from", "chi", *nigra(visit))
    assert "taken as ppb: too little for a brain" in said
    assert "--chi-unit ppm" in said


def test_a_map_without_zero_needs_the_ventricles(refusal, visit, rng):
    released(visit, 50 * rng.standard_normal((64, 72, 26)))
    (visit / "QSM/QSM_CSFref.nii.gz").rename(visit / "QSM/QSM.nii.gz")
    (visit / "T2_FLAIR/lesions/T1_unbiased_ventmask.nii.gz").unlink()
    assert "no ventricle mask to find its zero" in refusal(visit, "--from", "chi", *nigra(visit))


def test_one_subject_that_fails_does_not_stop_the_others(visit, tmp_path, capsys, monkeypatch):
    shutil.copytree(visit, tmp_path / "other", copy_function=os.link)
    seen = []

    def one(package, options):
        seen.append(package.label)
        if package.label == "visit":
            raise ImageError("It is broken.", remedy="Mend it.")

    monkeypatch.setattr(ukb, "_visit", one)
    assert main(["ukb", str(visit), str(tmp_path / "other"), "--out", str(tmp_path / "out")]) == 1
    assert seen == ["visit", "other"]
    told = capsys.readouterr().err
    assert "visit: It is broken." in told
    assert "Mend it." in told
    assert "1 of 2 subjects failed" in told


def test_echo_times_that_no_side_car_tells_are_uk_biobanks_said_aloud(visit, tmp_path, capsys, monkeypatch):
    for path in visit.rglob("*.json"):
        path.unlink()
    given = {}

    def stop(workflow, *_):
        given.update(workflow.get_node("inputnode").inputs.get())
        raise ImageError("Far enough.", remedy="Go home.")

    monkeypatch.setattr("nipype_qsm.cli.running.run", stop)
    main(["ukb", str(visit), "--maps-only", "--out", str(tmp_path / "out")])
    assert given["echo_times"] == [0.00942, 0.02]
    assert given["field_strength"] == 3.0
    assert "UK Biobank's are taken" in capsys.readouterr().err


def test_the_files_of_two_visits_do_not_share_a_folder(refusal, visit, tmp_path):
    shutil.copytree(visit, tmp_path / "elsewhere" / "visit", copy_function=os.link)
    assert "Two subjects are called visit" in refusal(visit, tmp_path / "elsewhere" / "visit")


def test_a_lesion_mask_without_a_lesion_is_a_healthy_brain(visit):
    from nipype_qsm.brain import checked_brain
    from nipype_qsm.io import load_volume, read_frame

    t1, frame = load_volume(visit / "T1/T1.nii.gz", "magnitude")
    path = visit / "T2_FLAIR/lesions/final_mask.nii.gz"
    path.unlink()
    save_volume(np.zeros_like(t1), frame, path, "moving")
    checked_brain({"t1w": visit / "T1/T1.nii.gz", "mask_lesions": path}, read_frame(visit / "SWI/SWI_TOTAL_MAG.nii.gz"))
