from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import GeometryError, ImageError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import read_array, read_frame
from nipype_qsm.kernels.register.apply_transform import apply_transform
from nipype_qsm.kernels.register.chain import positions
from nipype_qsm.kernels.register.compose_transforms import compose_transforms
from nipype_qsm.transforms import (
    CUBIC_SPLINES,
    flirt_from_world,
    fsl_mm,
    load_chain,
    load_matrix,
    load_step,
    load_steps,
    save_field,
    save_matrix,
)

RADIOLOGICAL = np.array([[-2.0, 0, 0, 20], [0, 2, 0, -18], [0, 0, 3, -9], [0, 0, 0, 1]])
NEUROLOGICAL = np.array([[1.5, 0, 0, -11], [0, 1.5, 0, -12], [0, 0, 1.5, -8], [0, 0, 0, 1]])
SHAPE = (12, 13, 9)


@pytest.fixture
def real():
    """What FSL 6.0.1 itself wrote; it comes with fslpy."""
    import fsl.tests

    return Path(fsl.tests.__file__).parent / "test_transform" / "testdata" / "nonlinear"


def read(path):
    return np.asarray(nib.load(path).dataobj, np.float32)


def test_coefficients_of_fsl_become_fsls_field(real):
    step = load_step(real / "coefficientfield.nii.gz")
    theirs = read(real / "displacementfield_no_premat.nii.gz")
    assert np.abs(np.moveaxis(step.field, 0, 3) - theirs).max() < 2e-6  # measured 4.8e-7 of 5.7 mm


def test_coefficients_of_fsl_with_their_matrix_become_fsls_field(real):
    reference = read_frame(real / "ref.nii.gz")
    ours = compose_transforms(
        [load_step(real / "coefficientfield.nii.gz")], fsl_mm(reference), shape=reference.shape
    ).warp
    assert np.abs(ours - read(real / "displacementfield.nii.gz")).max() < 2e-5  # measured 3.8e-6


@pytest.mark.parametrize(("order", "interpolation"), [(0, "nearest"), (1, "linear"), (3, "spline")])
@pytest.mark.parametrize("kind", ["displacementfield", "src2ref"])
def test_resampling_equals_fslpys(real, kind, order, interpolation):
    from fsl.data.image import Image
    from fsl.transform.flirt import fromFlirt
    from fsl.transform.fnirt import readFnirt
    from fsl.transform.nonlinear import applyDeformation
    from fsl.utils.image.resample import resampleToReference

    source, reference = Image(str(real / "src.nii.gz")), Image(str(real / "ref.nii.gz"))
    path = next(real.glob(f"{kind}.*"))
    if kind == "src2ref":
        world = fromFlirt(np.loadtxt(path), source, reference, "world", "world")
        theirs, _ = resampleToReference(source, reference, world, order=order, mode="constant", smooth=False)
    else:
        field = readFnirt(str(path), source, reference)
        theirs = applyDeformation(source, field, order=order, mode="constant", cval=0)
    frames = read_frame(real / "src.nii.gz"), read_frame(real / "ref.nii.gz")
    chain = load_chain([path], *frames)
    values = read_array(real / "src.nii.gz", order="C")
    ours = apply_transform(values, chain, shape=frames[1].shape, interpolation=interpolation).moved
    points = positions(chain, frames[1].shape, slice(0, frames[1].shape[0]))
    # fslpy ends at the centres of the outermost voxels; splines differ near an edge, where it mirrors otherwise.
    rim = 6 if order == 3 else 0.01
    last = np.array(frames[0].shape).reshape(3, 1, 1, 1) - 1
    inside = np.all((points > rim) & (points < last - rim), axis=0)
    if order == 0:
        inside &= np.abs(points % 1 - 0.5).min(axis=0) > 1e-3
    assert inside.sum() > 8000
    assert np.abs(ours - theirs)[inside].max() < 1e-4 * theirs.max()  # measured 1e-6, spline 3e-5


def test_an_absolute_field_is_seen_to_be_one(real, tmp_path):
    reference = read_frame(real / "ref.nii.gz")
    relative = read(real / "displacementfield.nii.gz")
    where = np.stack(np.meshgrid(*(np.arange(n) for n in reference.shape), indexing="ij"), axis=3)
    absolute = relative + where @ fsl_mm(reference)[:3, :3].T + fsl_mm(reference)[:3, 3]
    path = save_field(absolute, reference, tmp_path / "absolute.nii")
    for kind in ("auto", "absolute"):
        found = load_step(path, displacements=kind).field
        np.testing.assert_allclose(np.moveaxis(found, 0, 3), relative, atol=5e-5)  # measured 1.5e-5
    declared = load_step(path, displacements="relative").field
    np.testing.assert_allclose(np.moveaxis(declared, 0, 3), absolute, atol=1e-5)


def test_a_field_comes_back_from_its_file(tmp_path, rng):
    frame = Frame(SHAPE, NEUROLOGICAL)
    field = rng.normal(size=(*SHAPE, 3)).astype(np.float32)
    path = save_field(field, frame, tmp_path / "warp.nii.gz")
    assert int(nib.load(path).header["intent_code"]) == 2006
    np.testing.assert_array_equal(np.moveaxis(load_step(path).field, 0, 3), field)


def test_a_flirt_matrix_says_what_the_scanner_says(tmp_path):
    """Two grids of one session: through FLIRT's millimetres or the scanner's, a voxel lands at the same place."""
    moving, reference = Frame(SHAPE, NEUROLOGICAL), Frame((10, 11, 12), RADIOLOGICAL)
    path = save_matrix(flirt_from_world(np.eye(4), moving, reference), tmp_path / "a.mat")
    through = positions(load_chain([path], moving, reference), reference.shape, slice(0, 10))
    straight = positions(load_chain([], moving, reference), reference.shape, slice(0, 10))
    np.testing.assert_allclose(through, straight, atol=1e-6)
    back = positions(load_chain([path], reference, moving, inverted=[True]), moving.shape, slice(0, 12))
    again = positions(load_chain([], reference, moving), moving.shape, slice(0, 12))
    np.testing.assert_allclose(back, again, atol=1e-6)


def test_a_chain_is_read_from_the_moving_image_to_the_reference(tmp_path):
    first, second = np.diag([2.0, 1, 1, 1]), np.eye(4)
    second[0, 3] = 5
    paths = [save_matrix(m, tmp_path / f"{n}.mat") for n, m in enumerate((first, second))]
    joined = np.eye(4)
    for step in load_steps(paths):
        joined = step.matrix @ joined
    np.testing.assert_allclose(joined, np.linalg.inv(second @ first))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not numbers", "not a matrix"),
        ("1 0 0\n0 1 0\n0 0 1", "no 4 x 4"),
        ("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 1 1", "no 4 x 4"),
        ("nan 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1", "no 4 x 4"),
    ],
)
def test_what_is_no_matrix_is_refused(tmp_path, content, message):
    (tmp_path / "a.mat").write_text(content)
    with pytest.raises(ImageError, match=message):
        load_matrix(tmp_path / "a.mat")


def test_a_matrix_that_mirrors_or_collapses_is_refused(tmp_path):
    for diagonal, message in (((-1, 1, 1, 1), "mirrors"), ((0.001, 1, 1, 1), "factor")):
        path = save_matrix(np.diag(np.array(diagonal, float)), tmp_path / "a.mat")
        with pytest.raises(GeometryError, match=message):
            load_step(path)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ImageError, match="not a matrix"):
        load_step(tmp_path / "none.mat")
    with pytest.raises(ImageError, match="does not exist"):
        load_step(tmp_path / "none.nii.gz")


def test_other_coefficients_and_plain_images_are_refused(tmp_path):
    image = nib.Nifti1Image(np.zeros((*SHAPE, 3), np.float32), RADIOLOGICAL)
    image.header["intent_code"] = 2009
    nib.save(image, tmp_path / "quadratic.nii")
    nib.save(nib.Nifti1Image(np.zeros(SHAPE, np.float32), RADIOLOGICAL), tmp_path / "plain.nii")
    for name, message in (("quadratic", "quadratic spline"), ("plain", "shape")):
        with pytest.raises(ImageError, match=message):
            load_step(tmp_path / f"{name}.nii")


def test_coefficients_without_their_grid_are_refused(tmp_path):
    image = nib.Nifti1Image(np.zeros((5, 5, 5, 3), np.float32), np.eye(4))
    image.header["intent_code"] = CUBIC_SPLINES
    nib.save(image, tmp_path / "coefficients.nii")
    with pytest.raises(ImageError, match="which grid"):
        load_step(tmp_path / "coefficients.nii")


def test_a_field_with_holes_is_refused(tmp_path):
    field = np.zeros((*SHAPE, 3), np.float32)
    field[0, 0, 0, 0] = np.nan
    with pytest.raises(ImageError, match="not finite"):
        load_step(save_field(field, Frame(SHAPE, RADIOLOGICAL), tmp_path / "warp.nii"))


def test_one_direction_a_transform(tmp_path):
    path = save_matrix(np.eye(4), tmp_path / "a.mat")
    with pytest.raises(GeometryError, match="1 transforms and 2"):
        load_steps([path], inverted=[True, False])


def test_an_image_whose_millimetres_begin_elsewhere_than_the_fields_is_refused(tmp_path):
    """FSL's millimetres begin at the first voxel: on a cropped or coarser grid the same number is another place."""
    frame, moving = Frame(SHAPE, RADIOLOGICAL), Frame(SHAPE, NEUROLOGICAL)
    path = save_field(np.zeros((*SHAPE, 3), np.float32), frame, tmp_path / "warp.nii")
    cropped = RADIOLOGICAL.copy()
    cropped[1, 3] += 8
    other = Frame((12, 9, 9), cropped, "cropped.nii")
    with pytest.raises(GeometryError, match=r"reference \(cropped.nii\).*mm apart"):
        load_chain([path], moving, other)
    with pytest.raises(GeometryError, match="moving"):
        load_chain([path], other, moving, inverted=[True])
    doubled = Frame((6, 7, 5), RADIOLOGICAL @ np.diag([2.0, 2, 2, 1]))
    assert len(load_chain([path], moving, doubled)) == 3
