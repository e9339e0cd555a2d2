"""The image border: what is read is whole, finite and in place; what is written is whole or not there."""

import gzip
import json
import tracemalloc
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from contents import content
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nipype_qsm import io
from nipype_qsm.errors import GeometryError, ImageError

SHAPE = (5, 6, 7)


@pytest.fixture
def frame(oblique_affine):
    return io.Frame(SHAPE, oblique_affine((0.8, 0.8, 3)), "made here")


@pytest.fixture
def values(rng):
    return rng.normal(size=SHAPE).astype(np.float32)


@pytest.fixture
def write_scaled(tmp_path):
    """Write integers with a header's slope and intercept, as converters do."""

    def write(name, stored, slope, intercept):
        image = nib.Nifti1Image(stored, np.eye(4))
        image.header.set_slope_inter(slope, intercept)
        nib.save(image, tmp_path / name)
        # nibabel resets the slope of what it saves: put it back where NIfTI keeps it.
        content = bytearray((tmp_path / name).read_bytes())
        content[112:120] = np.array([slope, intercept], "<f4").tobytes()
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", ["chi.nii", "chi.nii.gz", "chi.with.dots.nii.gz"])
def test_a_volume_comes_back_as_it_was_written(tmp_path, frame, values, name):
    volume, read = io.load_volume(io.save_volume(values, frame, tmp_path / name, "chi"), "chi")
    np.testing.assert_array_equal(volume, values)
    np.testing.assert_allclose(read.affine, frame.affine, atol=1e-6)
    assert read.shape == SHAPE
    assert volume.dtype == np.float32
    assert volume.flags.c_contiguous


def test_a_mask_comes_back_as_booleans_and_takes_a_byte_a_voxel(tmp_path, frame, values):
    path = io.save_volume(values > 0, frame, tmp_path / "mask.nii", "mask")
    mask, _ = io.load_volume(path, "mask")
    np.testing.assert_array_equal(mask, values > 0)
    assert nib.load(path).get_data_dtype() == np.uint8


def test_the_header_names_the_quantity_and_its_unit(tmp_path, frame, values):
    header = nib.load(io.save_volume(values, frame, tmp_path / "chi.nii", "chi")).header
    assert header["descrip"].item() == b"chi [ppm]"
    assert int(header["sform_code"]) == int(header["qform_code"]) == 1


def test_a_sheared_affine_survives_writing(tmp_path, values):
    bent = np.array([[1.4522, -0.0127, -0.25, 0], [-0.0127, 1.4924, -0.1, 0], [0.25, 0.1, 1.4446, 0], [0, 0, 0, 1]])
    path = io.save_volume(values, io.Frame(SHAPE, bent), tmp_path / "chi.nii", "chi")
    np.testing.assert_allclose(io.read_frame(path).affine, bent, atol=1e-6)


def test_equal_volumes_hold_the_same_and_no_time(tmp_path, frame, values):
    first, second = (io.save_volume(values, frame, tmp_path / name, "chi") for name in ("one.nii.gz", "two.nii.gz"))
    assert content(first) == content(second)
    assert first.read_bytes()[:10] == second.read_bytes()[:10]  # the header of gzip: no time, no name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(slope=st.floats(1e-3, 1e3), intercept=st.floats(-1e4, 1e4), compress=st.booleans())
def test_the_headers_scaling_is_applied_in_single_precision(write_scaled, slope, intercept, compress):
    stored = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    path = write_scaled("scaled.nii", stored, slope, intercept)
    if compress:
        path = Path(f"{path}.gz")
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    read = io.read_array(path)
    assert read.dtype == np.float32
    largest = abs(slope) * stored.max() + abs(intercept)
    np.testing.assert_allclose(read, stored * np.float64(slope) + intercept, atol=3e-7 * largest, rtol=0)
    assert io.header_scale(path) == pytest.approx((slope, intercept), rel=1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32, np.float64, ">i2"])
def test_reading_gives_a_fresh_array_of_the_order_asked_for(write_nifti, name, dtype, order):
    stored = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(dtype)
    path = write_nifti(name, stored)
    read = io.read_array(path, order=order)
    np.testing.assert_array_equal(read, stored)
    assert read.flags[f"{order}_CONTIGUOUS"]
    assert read.dtype == np.float32
    assert read.dtype.isnative
    read[...] = -1
    np.testing.assert_array_equal(io.read_array(path), stored)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_one_volume_of_a_5d_file_can_be_read_alone(write_nifti, rng, name):
    stored = rng.integers(0, 4096, (4, 5, 6, 2, 3)).astype(np.int16)
    np.testing.assert_array_equal(io.read_array(write_nifti(name, stored), index=(1, 2)), stored[..., 1, 2])


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_reading_makes_no_double_precision_copy(write_scaled, tmp_path, rng, name):
    path = write_scaled("a.nii", rng.integers(0, 4096, (64, 64, 64)).astype(np.int16), 2.0, -4096.0)
    if name.endswith(".gz"):
        path = Path(f"{path}.gz")
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes(), 1))
    tracemalloc.start()
    volume = io.read_array(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Measured: 1.0 volumes uncompressed, 2.75 compressed (the file, its integers while they grow, the result);
    # float64 would add 2.
    assert peak < (3.0 if name.endswith(".gz") else 1.2) * volume.nbytes


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_truncated_file_is_refused(write_nifti, rng, name, share):
    path = Path(write_nifti(name, rng.normal(size=(20, 20, 20))))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ImageError, match="again"):
        io.load_volume(path, "chi")


def test_a_damaged_gzip_is_refused(write_nifti, rng):
    path = Path(write_nifti("a.nii.gz", rng.normal(size=SHAPE)))
    content = bytearray(path.read_bytes())
    content[-6] ^= 255
    path.write_bytes(content)
    with pytest.raises(ImageError, match="damaged"):
        io.read_array(path)


@pytest.mark.parametrize("name", ["not_there.nii", "empty.nii", "text.nii.gz"])
def test_what_is_no_image_is_refused(tmp_path, name):
    if not name.startswith("not"):
        (tmp_path / name).write_text("" if name.startswith("empty") else "this is a text")
    with pytest.raises(ImageError, match=name):
        io.load_volume(tmp_path / name, "chi")


@pytest.mark.parametrize(
    ("stored", "what"),
    [
        (np.full(SHAPE, 1 + 1j, np.complex64), "complex numbers"),
        (np.zeros(SHAPE, [(channel, "u1") for channel in "RGB"]), "colours"),
    ],
)
def test_more_than_a_real_number_a_voxel_is_refused(tmp_path, stored, what):
    nib.save(nib.Nifti1Image(stored, np.eye(4)), tmp_path / "a.nii")
    for read in (io.read_array, io.read_stored):
        with pytest.raises(ImageError, match=f"holds {what}.*file of its own"):
            read(tmp_path / "a.nii")


def test_values_that_are_not_finite_are_counted_and_refused(write_nifti, values):
    values[0, 0, :2] = np.nan
    values[1, 0, 0] = np.inf
    with pytest.raises(ImageError, match=r"field_local .* holds 3 values that are not finite.*set them to zero"):
        io.load_volume(write_nifti("field.nii", values), "field_local")


def test_an_implausible_value_is_refused_with_its_unit(write_nifti, values):
    with pytest.raises(ImageError, match=r"ppm; chi lies within \(-30, 30\).*in ppm"):
        io.load_volume(write_nifti("chi.nii", values * 1000), "chi")


def test_an_empty_mask_is_refused(write_nifti):
    with pytest.raises(ImageError, match=r"empty.*at least one voxel"):
        io.load_volume(write_nifti("mask.nii", np.zeros(SHAPE)), "mask", "mask_brain")


def test_four_axes_are_refused_where_three_are_due(write_nifti):
    with pytest.raises(GeometryError, match=r"\(5, 6, 7, 2\); one 3-D volume is expected.*Split"):
        io.load_volume(write_nifti("chi.nii", np.zeros((*SHAPE, 2))), "chi")


def test_a_fourth_axis_of_one_is_no_axis(write_nifti):
    volume, frame = io.load_volume(write_nifti("chi.nii", np.zeros((*SHAPE, 1))), "chi")
    assert volume.shape == frame.shape == SHAPE


def test_two_axes_are_not_a_volume(write_nifti):
    _, frame = io.load_volume(write_nifti("chi.nii", np.zeros((5, 6))), "chi")
    with pytest.raises(GeometryError, match="three axes"):
        frame.grid()


def test_another_shape_is_refused(frame):
    with pytest.raises(GeometryError, match=r"mask is \(5, 6, 8\).*Resample mask onto that grid"):
        frame.require_same(io.Frame((5, 6, 8), frame.affine, "mask.nii"), "mask")


@pytest.mark.parametrize("moved", [(0, 3, 0.1), (0, 0, 0.02), (1, 2, 0.1)])
def test_another_place_is_refused_with_its_distance(frame, moved):
    row, column, change = moved
    affine = frame.affine.copy()
    affine[row, column] += change
    with pytest.raises(GeometryError, match=r"another affine than made here: the same voxel is up to 0\.\d+ mm away"):
        frame.require_same(io.Frame(SHAPE, affine, "mask.nii"), "mask")


def test_an_affine_that_is_no_number_is_another_place(frame):
    with pytest.raises(GeometryError, match="another affine"):
        frame.require_same(io.Frame(SHAPE, np.full((4, 4), np.nan), "mask.nii"), "mask")


def test_the_rounding_of_a_header_is_not_another_place(frame):
    frame.require_same(io.Frame(SHAPE, frame.affine + 1e-4, "mask.nii"), "mask")
    frame.require_same(io.Frame(SHAPE, frame.affine.astype(np.float32), "mask.nii"), "mask")


def test_a_header_without_sform_and_qform_has_no_scanner_affine(tmp_path, write_nifti, values):
    nib.save(nib.Nifti1Image(values, None), tmp_path / "lost.nii")
    assert not io.has_scanner_affine(tmp_path / "lost.nii")
    assert io.has_scanner_affine(write_nifti("kept.nii", values))


def test_a_failed_write_leaves_neither_a_file_nor_a_trace(tmp_path):
    def interrupted():
        with io.atomically(tmp_path / "out.nii.gz") as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_what_was_there(tmp_path):
    target = tmp_path / "out.json"
    io.write_json({"kept": True}, target)

    def full():
        with io.atomically(target):
            raise OSError(28, "No space left on device")

    with pytest.raises(ImageError, match="No space left"):
        full()
    assert json.loads(target.read_text()) == {"kept": True}
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, frame, values):
    # A file in the folder's place stops even the superuser.
    (tmp_path / "taken").write_text("")
    with pytest.raises(ImageError, match=r"taken.* cannot be written .*Choose a folder you may write to"):
        io.save_volume(values, frame, tmp_path / "taken" / "chi.nii", "chi")


def test_a_folder_in_the_files_place_is_refused(tmp_path, frame, values):
    (tmp_path / "chi.nii").mkdir()
    with pytest.raises(ImageError, match=r"chi\.nii could not be written"):
        io.save_volume(values, frame, tmp_path / "chi.nii", "chi")
    assert [path.name for path in tmp_path.iterdir()] == ["chi.nii"]


def test_a_written_file_has_the_usual_permissions(tmp_path, frame, values):
    (tmp_path / "usual").write_text("")
    written = io.save_volume(values, frame, tmp_path / "chi.nii", "chi")
    assert written.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_numpys_numbers_are_numbers_in_json_and_paths_text(tmp_path):
    path = io.write_json({"a": np.float32(1.5), "n": np.int64(3), "p": tmp_path}, tmp_path / "a.json")
    assert io.read_json(path) == {"a": 1.5, "n": 3, "p": str(tmp_path)}


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_side_car_lies_beside_its_image(tmp_path, name):
    (tmp_path / "a.json").write_text('{"EchoTime": 0.01}')
    assert io.read_sidecar(tmp_path / name) == {"EchoTime": 0.01}
    assert io.read_sidecar(tmp_path / "b.nii") == {}


@pytest.mark.parametrize("content", ["{", "[1, 2]"])
def test_a_side_car_that_is_no_json_object_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ImageError, match=r"a\.json.*Repair or remove"):
        io.read_sidecar(tmp_path / "a.nii")


def test_a_compressed_file_is_unpacked_whole(write_nifti, tmp_path, values):
    packed = write_nifti("a.nii.gz", values)
    np.testing.assert_array_equal(io.read_array(io.unpack(packed, tmp_path / "there")), values)


def test_a_truncated_file_is_not_unpacked(write_nifti, tmp_path, values):
    packed = Path(write_nifti("a.nii.gz", values))
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(ImageError, match="truncated"):
        io.unpack(packed, tmp_path / "there")
    assert list((tmp_path / "there").iterdir()) == []
