"""One subject through every entry: a UK Biobank folder, its bulk archives, BIDS, and maps that were released."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from nipype_qsm.cli.main import main
from nipype_qsm.io import load_volume, read_array, read_frame, read_json, read_sidecar
from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.phantoms.brain_pipeline import write_warp
from nipype_qsm.phantoms.t1_space import T1Space
from nipype_qsm.phantoms.ukb_tree import pack_bulk
from nipype_qsm.quantities import Quantity
from nipype_qsm.tables import read_rows

CHI = Quantity("chi", "", "susceptibility")


@pytest.fixture(scope="module", autouse=True)
def no_report():
    """Leave out the drawing, which takes longer than the rest and has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nipype_qsm.reports.subject.subject_report", lambda folder: folder / "report.html")
        yield


@pytest.fixture(scope="module")
def atlas(small_subject):
    """Options that give the nigra and the space of the digital subject's template."""
    masks = [str(small_subject / "ukb" / "truth" / f"nigra_{side}.nii.gz") for side in ("left", "right")]
    return ["--nigra", *masks, "--template-space", "MNI152NLin2009cAsym", "--n-procs", "1", "--quiet"]


@pytest.fixture(scope="module")
def folder(small_subject, atlas, tmp_path_factory):
    out = tmp_path_factory.mktemp("folder")
    assert main(["ukb", str(small_subject / "ukb"), "--out", str(out), *atlas]) == 0
    return out


@pytest.fixture(scope="module")
def bids(small_subject, atlas, tmp_path_factory):
    out = tmp_path_factory.mktemp("bids") / "derivatives"
    data = small_subject / "bids"
    assert main(["bids", str(data), str(out), "participant", "--preset", "ukb", *atlas]) == 0
    return out


def phenotypes(path):
    """Return the numbers of a table by name, those that are none left out."""
    rows = read_rows(path, ["name", "value", "unit"])
    assert [row["unit"] for row in rows] == ["ppb"] * 17 + ["ms"] * 17 + ["mm3"]
    return {row["name"]: row["value"] for row in rows if row["value"] == row["value"]}


def largest_difference(one, two):
    first, second = phenotypes(one), phenotypes(two)
    assert first.keys() == second.keys()
    assert len(first) >= 31  # 33: the accumbens of 3 mm voxels is too small on both sides
    return max(abs(first[name] - second[name]) for name in first)


def test_bulk_archives_give_the_phenotypes_of_the_folder(small_subject, folder, atlas, tmp_path):
    pack_bulk(small_subject / "ukb", tmp_path / "bulk")
    assert main(["ukb", str(tmp_path / "bulk"), "--out", str(tmp_path / "out"), *atlas]) == 0
    found = tmp_path / "out" / "1000001_2" / "IDP_files" / "idps.tsv"
    assert largest_difference(found, folder / "ukb/IDP_files/idps.tsv") <= 0.01  # ppb, ms; measured 0
    assert not (tmp_path / "out" / "work").is_dir() or not list((tmp_path / "out" / "work").rglob("*.nii*"))


def test_bids_gives_the_phenotypes_of_the_folder(folder, bids):
    found = bids / "sub-01" / "sub-01_idps.tsv"
    assert largest_difference(found, folder / "ukb/IDP_files/idps.tsv") <= 0.01  # ppb, ms; measured 0


@pytest.fixture
def released(small_subject, folder, tmp_path):
    """A visit with released maps (field 26301) and what the core pipeline made, but no phase."""
    visit = tmp_path / "visit"
    for top in ("T1", "T2_FLAIR"):
        shutil.copytree(small_subject / "ukb" / top, visit / top)
    shutil.copytree(folder / "ukb/SWI/QSM", visit / "QSM", ignore=shutil.ignore_patterns("*.json"))
    shutil.copy(folder / "ukb/SWI/T2star.nii.gz", visit / "QSM")
    (visit / "SWI").mkdir()
    for name in ("SWI_to_T1.mat", "SWI_TOTAL_MAG.nii.gz"):
        shutil.copy(small_subject / "ukb/SWI" / name, visit / "SWI")
    return visit


def measured(visit, atlas, out):
    """Take phenotypes from released maps; return the table, and the names of what quality flags."""
    assert main(["ukb", str(visit), "--from", "chi", "--out", str(out), *atlas]) == 0
    tables = out / visit.name / "IDP_files"
    return tables / "idps.tsv", {r["name"] for r in read_rows(tables / "qc.tsv", ["name", "flag"]) if r["flag"] == 1}


def test_released_maps_give_the_phenotypes_that_they_gave(folder, released, atlas, tmp_path):
    found, flags = measured(released, atlas, tmp_path / "out")
    assert largest_difference(found, folder / "ukb/IDP_files/idps.tsv") <= 0.01  # measured 2e-6 ppb
    assert not list((tmp_path / "out/visit").rglob("PHASE*"))
    assert flags == {"idps_missing"}  # the two accumbens


def test_a_gradient_warp_that_moves_nothing_changes_nothing(folder, released, atlas, tmp_path):
    frame = read_frame(released / "SWI/SWI_TOTAL_MAG.nii.gz")
    field = nib.Nifti1Image(np.zeros((*frame.shape, 3), np.float32), frame.affine)
    field.header.set_intent(2006)
    nib.save(field, released / "SWI/SWI_TOTAL_MAG_orig_ud_warp.nii.gz")
    # Without its zero, so that the ventricles come back through the warp, too.
    (released / "QSM/QSM_CSFref.nii.gz").unlink()
    found, _ = measured(released, atlas, tmp_path / "out")
    assert largest_difference(found, folder / "ukb/IDP_files/idps.tsv") <= 0.01


def test_another_subjects_transform_is_flagged(released, atlas, tmp_path, capsys):
    path = released / "SWI" / "SWI_to_T1.mat"
    matrix = np.loadtxt(path)
    matrix[:3, 3] += [8, -9, 5]
    np.savetxt(path, matrix)
    _, flags = measured(released, atlas, tmp_path / "out")
    # Measured: labels fit twice as well 6 mm away, the masks overlap by 0.81, the peak ratio is 1.2.
    assert {"label_fit_displaced", "registration_overlap", "registration_peak"} <= flags
    assert "QC: visit: label_fit_displaced" in capsys.readouterr().err


def test_another_subjects_warp_to_the_template_is_flagged(released, atlas, tmp_path):
    other = T1Space(DigitalSubject("small", seed=2))
    write_warp(other, released / "T1" / "transforms" / "T1_to_MNI_warp.nii.gz")
    _, flags = measured(released, atlas, tmp_path / "out")
    assert "template_peak" in flags


def test_exchanged_sides_are_flagged(released, atlas, tmp_path):
    for path in [*released.glob("T1/**/*.nii.gz"), *released.glob("T2_FLAIR/**/*.nii.gz")]:
        if path.parent.name != "transforms":
            image = nib.load(path)
            nib.save(nib.Nifti1Image(np.asarray(image.dataobj)[::-1].copy(), image.affine, image.header), path)
    _, flags = measured(released, atlas, tmp_path / "out")
    # Measured: the mirrored labels fit 1.36 times as well, the mirrored image is more alike by 0.021.
    assert {"label_fit_mirrored", "registration_mirrored"} <= flags


def test_the_tree_is_written_in_its_own_names_and_units(folder):
    swi = folder / "ukb" / "SWI"
    chi, _ = load_volume(swi / "QSM/QSM_CSFref.nii.gz", CHI)
    assert 5 < chi[chi != 0].std() < 200  # 18 ppb on this coarse head
    assert read_sidecar(swi / "QSM/QSM_CSFref.nii.gz")["Units"] == "ppb"
    decay = read_array(swi / "T2star.nii.gz")
    assert 20 < decay[decay > 0].mean() < 80  # 46 ms
    offset = float((swi / "QSM/QSM_CSF.txt").read_text())
    raw = read_array(swi / "QSM/QSM.nii.gz")
    inside = chi != 0
    assert raw[inside] - chi[inside] == pytest.approx(offset, abs=0.01)
    line = (folder / "ukb/IDP_files/bb_IDP_SWI_QSM.txt").read_text().splitlines()
    assert len(line) == 1
    assert len(line[0].split()) == 17
    (row,) = read_rows(folder / "idps.tsv", ["eid", "QSM_Left_thalamus", "WMH_volume"])
    assert row["eid"] == "ukb"


def test_the_inputs_are_named_with_their_hashes(small_subject, folder):
    inputs = read_json(folder / "ukb/SWI/QSM/summary.json")["inputs"]
    assert "SWI/SWI_to_T1.mat" in inputs
    assert len([name for name in inputs if "_COIL" in name]) == 12
    assert all(len(value) == 64 for value in inputs.values())


@pytest.fixture(scope="module")
def unsegmented(small_subject, tmp_path_factory):
    """A BIDS data set of combined echoes without tissue masks, its FLAIR in thick slices and of a head that moved."""
    root = tmp_path_factory.mktemp("unsegmented")
    ignored = shutil.ignore_patterns("*uncombined*", "truth", "*label-WM*", "*label-bianca*")
    shutil.copytree(small_subject / "bids", root / "data", ignore=ignored)
    path = root / "data/sub-01/anat/sub-01_FLAIR.nii.gz"
    flair = nib.load(path)
    moved, thick = np.eye(4), np.diag([2.0, 2.0, 3.0, 1.0])
    moved[:3, :3] = Rotation.from_euler("x", 3, degrees=True).as_matrix()
    moved[:3, 3] = (1.5, -2.0, 2.5)
    shape = (84, 108, 62)
    thick[:3, 3] = -thick[:3, :3] @ np.array(shape) / 2 + (3.3, -2.1, 4.7)
    way = np.linalg.inv(flair.affine) @ moved @ thick
    volume = ndimage.affine_transform(flair.get_fdata(), way[:3, :3], way[:3, 3], shape, order=1)
    nib.save(nib.Nifti1Image(volume.astype(np.float32), thick), path)
    return root


def test_bids_finds_lesions_in_a_flair_of_another_grid(unsegmented, small_subject, atlas, monkeypatch, capsys):
    monkeypatch.chdir(unsegmented)
    assert main(["bids", "data", "out", "participant", "--preset", "ukb", *atlas]) == 0
    assert "tested on digital subjects alone, and not BIANCA's volume" in capsys.readouterr().err
    subject = unsegmented / "out/sub-01"
    found = read_array(subject / "anat/sub-01_space-T1w_label-WMH_mask.nii.gz") > 0.5
    true = read_array(small_subject / "bids/derivatives/brain/sub-01/anat/sub-01_label-WMH_mask.nii.gz") > 0.5
    dice = 2 * (found & true).sum() / (found.sum() + true.sum())
    assert dice > 0.4  # 0.453 in voxels of 2 mm
    values = phenotypes(subject / "sub-01_idps.tsv")
    assert {"QSM_WMH", "T2_WMH", "WMH_volume"} <= values.keys()
    assert values["WMH_volume"] == pytest.approx(8 * found.sum())
    (row,) = [r for r in read_rows(subject / "sub-01_qc.tsv", ["name", "value"]) if r["name"] == "lesions_found"]
    assert row["value"] == pytest.approx(values["WMH_volume"] / 1000)
    told = read_sidecar(subject / "anat/sub-01_space-T1w_label-WMH_mask.nii.gz")
    assert told["Steps"]["lesions"]["method"] == "lesions"
    assert {f"bids:raw:sub-01/anat/sub-01_{kind}.nii.gz" for kind in ("T1w", "FLAIR")} <= set(told["Sources"])
    assert "bids:raw:nigra_left.nii.gz" not in told["Sources"]
    assert errors_of(unsegmented / "out") == []


def errors_of(data):
    """Return what the BIDS validator calls an error."""
    command = [Path(sys.executable).with_name("bids-validator-deno"), str(data), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    issues = json.loads(done.stdout)["issues"]["issues"]
    return [issue for issue in issues if issue.get("severity") == "error"]


@pytest.mark.parametrize("kind", ["raw", "derivatives"])
def test_the_data_set_is_valid_bids(kind, small_subject, bids):
    assert errors_of(small_subject / "bids" if kind == "raw" else bids) == []


def test_derivatives_say_their_units_methods_and_sources(bids):
    anat, fmap = bids / "sub-01" / "anat", bids / "sub-01" / "fmap"
    units = {"anat/sub-01_Chimap": "ppm", "anat/sub-01_T2starmap": "s", "anat/sub-01_R2starmap": "1/s"}
    for name, unit in {**units, "fmap/sub-01_desc-total_fieldmap": "Hz"}.items():
        told = read_sidecar(bids / "sub-01" / f"{name}.nii.gz")
        assert told["Units"] == unit
        assert told["GeneratedBy"][0]["Version"]
        assert told["Steps"]["inversion"]["method"] == "ilsqr"
        assert "bids:raw:sub-01/anat/sub-01_rec-uncombined_coil-01_echo-1_part-phase_MEGRE.nii.gz" in told["Sources"]
    chi, _ = load_volume(anat / "sub-01_Chimap.nii.gz", "chi_referenced")
    assert 0.005 < chi[chi != 0].std() < 0.2  # 0.018 ppm
    field = read_array(fmap / "sub-01_desc-total_fieldmap.nii.gz")
    assert 5 < field[field != 0].std() < 200  # Hz


def test_the_group_level_is_one_table(bids):
    assert main(["bids", str(bids), str(bids), "group"]) == 0
    (row,) = read_rows(bids / "group_idps.tsv", ["participant_id", "QSM_Left_pallidum"])
    assert row["participant_id"] == "sub-01"
    assert read_json(bids / "group_idps.json")["T2_Left_pallidum"] == {"Units": "ms"}


def test_a_map_compared_with_itself_has_slope_one(folder, bids, small_subject, tmp_path):
    theirs = bids / "sub-01" / "anat" / "sub-01_Chimap.nii.gz"
    labels = small_subject / "ukb" / "truth" / "labels.nii.gz"
    command = ["compare", str(folder / "ukb"), str(theirs), "--labels", str(labels), "--out", str(tmp_path)]
    assert main(command) == 0
    rows = read_rows(tmp_path / "comparison.tsv", ["region", "bias", "slope", "r"])
    assert rows[0]["slope"] == pytest.approx(1, abs=1e-6)  # ppb against ppm
    assert abs(rows[0]["bias"]) < 1e-4
    assert {"left_pallidum", "right_thalamus"} <= {row["region"] for row in rows}
    assert (tmp_path / "comparison.png").stat().st_size > 10_000
