"""Files are told apart by name, by axes or by order, and read one volume at a time."""

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.errors import GeometryError, ImageError, MetadataError
from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase
from nipype_qsm.series import Series, Source, group, name_tags

SHAPE = (3, 4, 5)
RADIANS = DeclaredPhase(1.0, 0.0, "the test")


@pytest.fixture
def files(tmp_path):
    """Make files of the given names, each an image whose first value is its place in the list."""

    def make(*names, shape=SHAPE):
        paths = []
        for number, name in enumerate(names):
            image = np.zeros(shape, np.float32)
            image.flat[0] = number
            (tmp_path / name).parent.mkdir(exist_ok=True)
            nib.save(nib.Nifti1Image(image, np.eye(4)), tmp_path / name)
            paths.append(str(tmp_path / name))
        return paths

    return make


def table(paths, port="phase", n_echoes=None):
    """Return the places in the list, as [echo][coil]."""
    return [[paths.index(source.path) for source in echo] for echo in group(paths, port, n_echoes)]


@pytest.mark.parametrize(
    "name",
    [
        "SWI_3MM_UPDATED_V1.1_COIL{coil:02}_ECHO{echo}_20.nii.gz",
        "swi_cH{coil:02}_e{echo}_ph.nii",
        "7_swi_c{coil}_e{echo}.nii.gz",
        "8_swi_e{echo}_c{coil}_ph.nii.gz",
        "sub-1_rec-uncombined_coil-{coil:02}_echo-{echo}_part-phase_MEGRE.nii.gz",
        "multiecho3D_coil{coil}_echo{echo}.nii",
        "sub-e2c3_coil-{coil}_echo-{echo}_part-phase_GRE.nii",
        "gre_chan{coil}_TE{echo}.nii",
    ],
)
def test_names_tell_echo_and_coil_in_any_order(files, rng, name):
    names = [name.format(echo=echo, coil=coil) for echo in (1, 2) for coil in range(1, 13)]
    shuffled = rng.permutation(24)
    paths = files(*(names[n] for n in shuffled))
    place = {int(n): i for i, n in enumerate(shuffled)}
    assert table(paths) == [[place[n] for n in range(12)], [place[n] for n in range(12, 24)]]


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("QSM_mcpc3Ds_PHA_TE2.nii.gz", (2, None)),
        ("2001_WIP_fcMRI_Field_Mapping_cl_e1_ph.nii.gz", (1, None)),
        ("sub-1_echo-2_part-phase_MEGRE.nii", (2, None)),
        ("recon_e1a.nii", (None, None)),
        ("multiecho3D.nii", (None, None)),
        ("phase.nii", (None, None)),
    ],
)
def test_a_name_tells_what_it_tells_and_no_more(name, tags):
    assert name_tags(name) == tags


@given(echo=st.integers(1, 99), coil=st.integers(1, 128))
def test_any_number_of_echoes_and_coils_is_read(echo, coil):
    assert name_tags(f"/data/e9/c8/x_c{coil}_e{echo}_ph.nii.gz") == (echo, coil)


def test_plain_lists_are_read_echo_by_echo(files):
    paths = files("a.nii", "b.nii", "c.nii", "d.nii", "e.nii", "f.nii")
    assert table(paths, n_echoes=2) == [[0, 1, 2], [3, 4, 5]]
    assert table(paths) == [[0], [1], [2], [3], [4], [5]]


def test_coils_named_alike_in_two_folders_are_two_echoes(files):
    paths = files("TE_a/coil1.nii", "TE_a/coil2.nii", "TE_b/coil1.nii", "TE_b/coil2.nii")
    assert table(paths) == [[0, 1], [2, 3]]


def test_echoes_named_without_coils_keep_the_order_of_their_coils(files):
    paths = files("left_e1.nii", "right_e1.nii", "left_e2.nii", "right_e2.nii")
    assert table(paths) == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("names", "n_echoes", "message"),
    [
        ([], None, "No phase file was given"),
        (["x_c1_e1.nii", "x_c2_e1.nii", "x_c1_e2.nii"], None, r"coil 2, echo 2 is missing \(1 of 4"),
        (["x_e2.nii", "x_e1.nii"], None, r"named as echoes \[2, 1\].*from the first echo to the last"),
        (["a.nii", "b.nii", "c.nii"], 2, r"3 phase files cannot be 2 echoes"),
        (["x_c1_e1.nii", "y_c1_e1.nii"], None, "same coil of the same echo"),
    ],
)
def test_lists_that_do_not_add_up_are_refused(files, names, n_echoes, message):
    with pytest.raises(MetadataError, match=message):
        group(files(*names), "phase", n_echoes)


def test_a_file_given_twice_is_refused(files):
    with pytest.raises(MetadataError, match=r"a\.nii is given more than once"):
        group(files("a.nii") * 2, "phase")


@pytest.mark.parametrize(
    ("n_files", "extra", "n_echoes", "expected"),
    [
        (1, (2,), None, [[(0, (0,))], [(0, (1,))]]),
        (1, (2, 3), None, [[(0, (e, c)) for c in range(3)] for e in range(2)]),
        (2, (3,), 2, [[(f, (c,)) for c in range(3)] for f in range(2)]),
        (1, (3,), 1, [[(0, (c,)) for c in range(3)]]),
    ],
)
def test_axes_tell_echoes_and_coils(files, n_files, extra, n_echoes, expected):
    paths = files(*(f"file{n}.nii" for n in range(n_files)), shape=(*SHAPE, *extra))
    found = [[(paths.index(s.path), s.index) for s in echo] for echo in group(paths, "phase", n_echoes)]
    assert found == expected


def test_a_file_a_coil_may_hold_the_echoes(files):
    paths = files("x_coil2.nii", "x_coil1.nii", shape=(*SHAPE, 3))
    assert group(paths, "phase", 3)[2] == [Source(paths[1], (2,)), Source(paths[0], (2,))]


@pytest.mark.parametrize(("extra", "n_echoes"), [((3,), 2), ((2, 4), 3)])
def test_axes_that_do_not_fit_the_echoes_are_refused(files, extra, n_echoes):
    with pytest.raises(GeometryError, match="do not fit"):
        group(files("a.nii", shape=(*SHAPE, *extra)), "phase", n_echoes)


def test_mixed_shapes_are_refused(files):
    paths = files("a.nii", shape=(*SHAPE, 2)) + files("b.nii", shape=(*SHAPE, 3))
    with pytest.raises(GeometryError, match="different shapes"):
        group(paths, "phase")


@pytest.fixture
def series(tmp_path, rng):
    """A series of 2 echoes x 3 coils in one compressed 5-D file each, and its signal."""
    magnitude = rng.uniform(1, 2, (*SHAPE, 2, 3)).astype(np.float32)
    phase = rng.uniform(-3, 3, (*SHAPE, 2, 3)).astype(np.float32)
    tables = []
    for name, volume in (("phase", phase), ("magnitude", magnitude)):
        nib.save(nib.Nifti1Image(volume, np.eye(4)), tmp_path / f"{name}.nii.gz")
        tables.append(group([str(tmp_path / f"{name}.nii.gz")], name, 2))
    return Series(*tables, (0.01, 0.02), 3.0, RADIANS, notes=["made here"]), magnitude * np.exp(1j * phase)


def test_volumes_are_read_one_at_a_time(series):
    table, signal = series
    assert (table.n_echoes, table.n_coils) == (2, 3)
    assert table.frame.shape == SHAPE
    for echo in range(2):
        for coil in range(3):
            volume = table.read(echo, coil)
            assert volume.dtype == np.complex64
            assert volume.flags.f_contiguous
            np.testing.assert_allclose(volume, signal[..., echo, coil], atol=1e-6)


def test_a_series_comes_back_as_it_was_saved(series, tmp_path):
    table, _ = series
    assert Series.load(table.save(tmp_path / "series.json")) == table
    assert table.acquisition.echo_times == (0.01, 0.02)


def test_unpacking_changes_where_volumes_are_read_from_and_nothing_else(series, tmp_path):
    table, signal = series
    unpacked = table.unpacked(tmp_path / "node")
    assert all(source.path.endswith(".nii") for echo in unpacked.phase + unpacked.magnitude for source in echo)
    np.testing.assert_array_equal(unpacked.read(1, 2), table.read(1, 2))
    np.testing.assert_allclose(unpacked.read(1, 2), signal[..., 1, 2], atol=1e-6)
    assert unpacked.unpacked(tmp_path / "other") == unpacked


def test_corrections_asked_for_are_made(series):
    table, signal = series
    np.testing.assert_allclose(replace(table, negate_phase=True).read(0, 1), signal[..., 0, 1].conj(), atol=1e-6)
    striped = signal[..., 0, 1].copy()
    striped[:, :, 1::2] *= -1
    turned = replace(table, alternate_slices=True)
    np.testing.assert_allclose(turned.read(0, 1), striped, atol=1e-6)
    assert np.abs(turned.read_phase(0, 1)).max() <= np.pi + 1e-6


def test_a_negative_magnitude_is_refused(files):
    paths = files("p.nii", "m.nii")
    nib.save(nib.Nifti1Image(np.full(SHAPE, -1, np.float32), np.eye(4)), paths[1])
    table = Series([[Source(paths[0])]], [[Source(paths[1])]], (0.01,), 3.0, RADIANS)
    with pytest.raises(ImageError, match="magnitude"):
        table.read(0, 0)
