import json
import zipfile

import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.reading import ReadSeries
from nipype_qsm.io import load_volume, read_array, read_frame, read_sidecar
from nipype_qsm.kernels.register.apply_transform import apply_transform
from nipype_qsm.phantoms.ukb_tree import pack_bulk
from nipype_qsm.series import Series
from nipype_qsm.transforms import load_chain


@pytest.fixture(scope="module")
def tree(subject, tmp_path_factory):
    return subject.write_ukb(tmp_path_factory.mktemp("ukb") / "subject")


def test_files_are_named_as_uk_biobank_names_them(tree):
    for kind, number in (("MAG", 17), ("PHA", 20)):
        for echo in (1, 2):
            names = sorted(f.name for f in (tree / "SWI" / f"{kind}_TE{echo}").glob("*.nii.gz"))
            assert names == [f"SWI_3MM_UPDATED_V1.1_COIL{c:02d}_ECHO{echo}_{number}.nii.gz" for c in (1, 2, 3, 4)]
    for name in (
        "SWI/SWI_TOTAL_MAG.nii.gz",
        "SWI/SWI_TOTAL_MAG_TE2.nii.gz",
        "SWI/SWI_TOTAL_PHA.nii.gz",
        "SWI/SWI_to_T1.mat",
        "SWI/T1_to_SWI.mat",
        "T1/T1_brain_mask.nii.gz",
        "T1/T1_first/T1_first_all_fast_firstseg.nii.gz",
        "T1/T1_fast/T1_brain_WM_mask.nii.gz",
        "T1/transforms/T1_to_MNI_warp.nii.gz",
        "T2_FLAIR/T2_FLAIR.nii.gz",
        "T2_FLAIR/lesions/final_mask.nii.gz",
        "T2_FLAIR/lesions/volume.txt",
        "T2_FLAIR/lesions/T1_unbiased_ventmask.nii.gz",
        "truth/chi.nii.gz",
        "truth/structures.tsv",
    ):
        assert (tree / name).is_file(), name
    assert not list(tree.rglob(".*"))


def test_side_cars_carry_seconds_and_tesla(tree):
    sidecar = read_sidecar(tree / "SWI/PHA_TE2/SWI_3MM_UPDATED_V1.1_COIL03_ECHO2_20.nii.gz")
    assert (sidecar["EchoTime"], sidecar["MagneticFieldStrength"], sidecar["SeriesNumber"]) == (0.020, 3.0, 20)


def test_b0_read_from_a_written_affine_is_the_simulated_one(tree, subject):
    frame = read_frame(tree / "SWI/MAG_TE1/SWI_3MM_UPDATED_V1.1_COIL01_ECHO1_17.nii.gz")
    assert Grid.from_affine(frame.shape, frame.affine).b0_direction == pytest.approx(
        subject.grid.b0_direction, abs=1e-6
    )
    assert subject.grid.b0_direction[2] < 0.99


def test_the_project_reads_the_tree_back_as_it_was_simulated(tree, subject, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = ReadSeries(
        phase=[str(f) for f in sorted(tree.glob("SWI/PHA_TE*/*.nii.gz"))],
        magnitude=[str(f) for f in sorted(tree.glob("SWI/MAG_TE*/*.nii.gz"))],
    ).run()
    series = Series.load(found.outputs.series)
    assert (series.n_echoes, series.n_coils, series.echo_times) == (2, 4, (0.0094, 0.020))
    signal, read = subject.signal(1, 2), series.read(1, 2)
    ratio = read * signal.conj()
    strong = np.abs(signal) > 0.1
    assert np.abs(np.angle(ratio[strong])).max() < 2.6e-3  # a step and a half of 12 bits
    assert np.allclose(np.abs(read[strong]) / np.abs(signal[strong]), 1200, rtol=0.01)


def test_the_flirt_matrix_lays_the_t1_mask_on_the_gradient_echo(tree, subject, truth):
    from fsl.data.image import Image
    from fsl.transform import flirt
    from scipy import ndimage

    t1 = Image(str(tree / "T1/T1_brain_mask.nii.gz"))
    swi = Image(str(tree / "SWI/SWI_TOTAL_MAG.nii.gz"))
    to_t1 = flirt.fromFlirt(np.loadtxt(tree / "SWI/SWI_to_T1.mat"), swi, t1, "voxel", "voxel")
    mask = read_array(tree / "T1/T1_brain_mask.nii.gz")
    moved = ndimage.affine_transform(mask, to_t1[:3, :3], to_t1[:3, 3], subject.protocol.shape, order=1) > 0.5
    overlap = 2 * (moved & truth["mask_brain"]).sum() / (moved.sum() + truth["mask_brain"].sum())
    assert overlap > 0.97  # measured 0.992
    inverse = np.loadtxt(tree / "SWI/T1_to_SWI.mat")
    assert np.allclose(inverse @ np.loadtxt(tree / "SWI/SWI_to_T1.mat"), np.eye(4), atol=1e-6)


def test_first_labels_hold_only_what_first_segments(tree):
    labels = read_array(tree / "T1/T1_first/T1_first_all_fast_firstseg.nii.gz")
    assert set(np.unique(labels)) == {0, 10, 11, 12, 13, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58}


def test_truth_on_disk_is_the_truth(tree, truth, subject):
    for name in ("chi", "field_total", "field_local", "t2star", "mask_brain", "mask_reference"):
        volume, frame = load_volume(tree / "truth" / f"{name}.nii.gz", name)
        assert np.array_equal(volume, truth[name]), name
        assert np.allclose(frame.affine, subject.affine, atol=1e-4)
    about = json.loads((tree / "truth/subject.json").read_text())
    assert about["space_of_anatomy"] == "MNI152NLin2009cAsym"
    lines = (tree / "truth/structures.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["number", "name", "volume_mm3", "chi_ppm", "t2star_s", "nominal_chi_ppm"]
    assert any(line.split("\t")[1] == "left_pallidum" and float(line.split("\t")[3]) > 0.05 for line in lines[1:])


def test_bulk_archives_hold_the_tree(tree, tmp_path):
    archives = pack_bulk(tree, tmp_path, eid="1234567", instance=3)
    assert [path.name for path in archives] == [f"1234567_{field}_3_0.zip" for field in (20251, 20252, 20253)]
    packed = {name for path in archives for name in zipfile.ZipFile(path).namelist() if not name.endswith("/")}
    files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert packed == {name for name in files if not name.startswith("truth")}


def test_the_warp_lays_the_labels_of_t1_on_the_template(tree, subject):
    """The nigra of the template's grid, and FIRST's pallidum: through the warp each lies where the template has it."""
    t1, template = read_frame(tree / "T1/T1.nii.gz"), read_frame(tree / "truth/nigra_left.nii.gz")
    labels = read_array(tree / "T1/T1_first/T1_first_all_fast_firstseg.nii.gz")
    chain = load_chain([tree / "T1/transforms/T1_to_MNI_warp.nii.gz"], t1, template)
    moved = apply_transform(labels, chain, shape=template.shape, interpolation="nearest").moved
    for number in (13, 52):
        found = template.affine[:3, :3] @ np.argwhere(moved == number).mean(axis=0) + template.affine[:3, 3]
        head = subject.head
        expected = head.affine[:3, :3] @ np.argwhere(head.labels == number).mean(axis=0) + head.affine[:3, 3]
        assert np.linalg.norm(found - expected) < 1  # measured 0.40 and 0.57 mm on grids of 2 mm


def test_lesions_are_bright_in_flair_and_fluid_is_dark(tree):
    flair = read_array(tree / "T2_FLAIR/T2_FLAIR.nii.gz")
    lesions, white, fluid = (
        read_array(tree / name) > 0.5
        for name in (
            "T2_FLAIR/lesions/final_mask.nii.gz",
            "T1/T1_fast/T1_brain_WM_mask.nii.gz",
            "T2_FLAIR/lesions/T1_unbiased_ventmask.nii.gz",
        )
    )
    assert np.median(flair[lesions]) > 1.1 * np.median(flair[white & ~lesions])  # measured 1.18
    assert np.median(flair[fluid]) < 0.3 * np.median(flair[white])  # measured 0.08
    voxels, millilitres = (tree / "T2_FLAIR/lesions/volume.txt").read_text().split()
    assert int(voxels) == lesions.sum()
    assert float(millilitres) == pytest.approx(8 * lesions.sum())
