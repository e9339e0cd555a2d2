import json

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import GeometryError, QSMError
from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.register import ApplyTransform
from nipype_qsm.transforms import flirt_from_world, save_matrix

SHAPE = (12, 13, 9)
AFFINE = np.array([[-2.0, 0, 0, 20], [0, 2, 0, -18], [0, 0, 3, -9], [0, 0, 0, 1]])


@pytest.fixture
def files(write_nifti, rng, tmp_path):
    """A map and its mask, labels, and a finer straight grid 3 mm away."""
    other = np.diag([1.0, 1, 1, 1])
    other[:3, 3] = -3, -17, -8
    mask = np.zeros(SHAPE, bool)
    mask[2:-2, 2:-2, 1:-1] = True
    move = np.eye(4)
    move[0, 3] = 3
    matrix = flirt_from_world(move, Frame(SHAPE, AFFINE), Frame((26, 25, 25), other))
    return {
        "chi": write_nifti("chi.nii", rng.normal(0, 0.1, SHAPE).astype(np.float32) * mask, AFFINE),
        "mask": write_nifti("mask.nii", mask, AFFINE),
        "labels": write_nifti("labels.nii", rng.integers(0, 59, SHAPE).astype(np.float32), AFFINE),
        "reference": write_nifti("reference.nii", np.zeros((26, 25, 25), np.float32), other),
        "fine_mask": write_nifti("fine_mask.nii", np.ones((26, 25, 25), bool), other),
        "transform": str(save_matrix(matrix, tmp_path / "move.mat")),
    }


@pytest.fixture
def run(files, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")

    def call(what, **options):
        given = {"reference": files["reference"], "transforms": [files["transform"]], **options}
        return ApplyTransform(moving=files[what], **given).run().outputs

    return call


def array(path):
    return np.asarray(nib.load(path).dataobj)


def test_the_result_lies_on_the_reference_and_names_its_quantity(run, files):
    outputs = run("chi", quantity="chi_referenced")
    image = nib.load(outputs.moved)
    np.testing.assert_array_equal(image.affine, nib.load(files["reference"]).affine)
    assert image.shape == (26, 25, 25)
    assert image.header["descrip"].item().decode() == "chi_referenced [ppm]"
    assert outputs.moved.endswith("/chi_referenced.nii")
    assert 0 < outputs.n_outside < 26 * 25 * 25


def test_a_point_lands_where_the_matrix_says(run, files, write_nifti):
    point = np.zeros(SHAPE, np.float32)
    point[4, 6, 3] = 1
    files["chi"] = write_nifti("point.nii", point, AFFINE)
    moved = array(run("chi").moved)
    there = (AFFINE @ [4, 6, 3, 1])[:3] + np.array([3, 0, 0])
    voxel = np.rint(there - nib.load(files["reference"]).affine[:3, 3]).astype(int)
    assert moved[tuple(voxel)] == moved.max() == pytest.approx(1, abs=1e-5)


def test_there_and_back_a_smooth_map_is_the_same(files, write_nifti, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    smooth = np.exp(-4 * (x**2 + y**2 + z**2)).astype(np.float32)
    path = write_nifti("smooth.nii", smooth, AFFINE)
    there = ApplyTransform(
        moving=path, reference=files["reference"], transforms=[files["transform"]], interpolation="spline"
    ).run()
    back = ApplyTransform(
        moving=there.outputs.moved,
        reference=path,
        transforms=[files["transform"]],
        inverted=[True],
        interpolation="spline",
    ).run()
    core = (slice(3, -3), slice(3, -3), slice(2, -2))
    assert np.abs(array(back.outputs.moved) - smooth)[core].max() < 0.02  # measured 0.008


def test_labels_stay_labels_and_refuse_anything_but_nearest(run, files):
    moved = array(run("labels", quantity="labels").moved)
    assert set(np.unique(moved)) <= set(np.unique(array(files["labels"])))
    with pytest.raises(QSMError, match="nearest"):
        run("labels", quantity="labels", interpolation="linear")


def test_a_mask_stays_a_mask(run):
    for interpolation in ("auto", "linear"):
        moved = nib.load(run("mask", quantity="mask_brain", interpolation=interpolation).moved)
        assert moved.get_data_dtype() == np.uint8
        assert set(np.unique(np.asarray(moved.dataobj))) == {0, 1}


def test_a_mask_cuts_what_the_spline_throws_over_the_edge(run, files):
    free = array(run("chi", quantity="chi").moved)
    cut = array(run("chi", quantity="chi", mask=files["mask"]).moved)
    moved_mask = array(run("mask", quantity="mask").moved) > 0
    assert np.any(free[~moved_mask])
    assert not np.any(cut[~moved_mask])
    np.testing.assert_array_equal(cut[moved_mask], free[moved_mask])


def test_without_a_transform_both_lie_in_the_scanner(files, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    moved = ApplyTransform(moving=files["chi"], reference=files["chi"], quantity="chi").run().outputs.moved
    np.testing.assert_allclose(array(moved), array(files["chi"]), atol=1e-6)


def test_two_spaces_without_a_transform_are_refused(files, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    apart = {"moving_space": "MNI152NLin2009cAsym", "reference_space": "MNI152NLin6Asym"}
    with pytest.raises(GeometryError, match="MNI152NLin6Asym"):
        ApplyTransform(moving=files["labels"], reference=files["reference"], quantity="labels", **apart).run()


def test_the_space_is_written_beside_the_result(run):
    outputs = run("labels", quantity="labels", moving_space="T1w", reference_space="MNI152NLin2009cAsym")
    assert outputs.space == "MNI152NLin2009cAsym"
    with open(outputs.moved.replace(".nii", ".json")) as file:
        assert json.load(file) == {"SpatialReference": "MNI152NLin2009cAsym"}


def test_a_transform_that_leads_elsewhere_is_an_error(run, tmp_path):
    far = np.eye(4)
    far[0, 3] = 500
    with pytest.raises(QSMError, match="lead elsewhere"):
        run("chi", transforms=[str(save_matrix(far, tmp_path / "far.mat"))])


def test_a_mask_on_another_grid_and_an_unknown_quantity_are_refused(run, files):
    with pytest.raises(GeometryError, match="mask"):
        run("labels", mask=files["fine_mask"])
    with pytest.raises(QSMError, match="quantities"):
        run("chi", quantity="susceptibility")
