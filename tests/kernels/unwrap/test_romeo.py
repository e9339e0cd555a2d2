import subprocess

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phases import coordinates, wrap

from nipype_qsm.errors import MetadataError, UnitsError
from nipype_qsm.kernels.unwrap.romeo import romeo

TURN = 2 * np.pi


def error_in_turns(found, truth, mask):
    gap = (found - truth)[mask]
    return np.rint((gap - np.median(gap)) / TURN)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    n_echoes=st.integers(1, 3),
    individual=st.booleans(),
    seed=st.integers(0, 999),
)
@pytest.mark.filterwarnings("ignore:.*phase offset is left")
def test_it_only_adds_turns_and_is_zero_outside_the_mask(shape, n_echoes, individual, seed):
    rng = np.random.default_rng(seed)
    phase = rng.uniform(-np.pi, np.pi, (*shape, n_echoes)).astype(np.float32)
    magnitude = rng.uniform(0, 1, phase.shape).astype(np.float32)
    mask = rng.random(shape) < 0.7
    before = phase.copy(), magnitude.copy(), mask.copy()
    times = [0.01 * (1 + e) for e in range(n_echoes)]
    found = romeo(phase, mask, magnitude, echo_times=times, individual=individual)
    turns = (found.phase_unwrapped - phase)[mask] / TURN
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-4)  # measured 1e-6
    assert not found.phase_unwrapped[~mask].any()
    assert found.quality.min() >= 0
    assert found.quality.max() <= 1
    assert not found.quality[~mask].any()
    assert found.phase_unwrapped.dtype == found.quality.dtype == np.float32
    for array, copy in zip((phase, magnitude, mask), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@settings(max_examples=25, deadline=None)
@given(slope=st.tuples(*[st.floats(-2.9, 2.9)] * 3), shape=st.tuples(*[st.integers(3, 12)] * 3))
def test_a_wrapped_ramp_is_straightened(slope, shape):
    truth = sum(s * x for s, x in zip(slope, coordinates(shape), strict=True))
    found = romeo(wrap(truth), np.ones(shape, bool))
    assert not error_in_turns(found.phase_unwrapped, truth, np.ones(shape, bool)).any()
    assert abs(np.median(found.phase_unwrapped)) <= np.pi + 1e-3


def test_the_same_input_gives_the_same_output(rng):
    phase = rng.uniform(-np.pi, np.pi, (12, 11, 10)).astype(np.float32)
    mask = rng.random(phase.shape) < 0.8
    first, second = romeo(phase, mask), romeo(np.asfortranarray(phase), mask)
    np.testing.assert_array_equal(first.phase_unwrapped, second.phase_unwrapped)


def test_turning_the_volume_turns_the_result():
    x, y, z = coordinates((14, 12, 10))
    phase = wrap(0.15 * x * y + 0.9 * z + 0.05 * x**2)
    mask = np.ones(phase.shape, bool)
    turned = romeo(phase.transpose(2, 0, 1), mask.transpose(2, 0, 1)).phase_unwrapped
    np.testing.assert_allclose(turned.transpose(1, 2, 0), romeo(phase, mask).phase_unwrapped, atol=1e-5)


def test_errors_stay_in_the_noise(rng):
    x, y, z = coordinates((40, 30, 24))
    truth = 0.06 * x**2 + 0.8 * y + 0.3 * z
    noisy = (np.abs(x) < 3) & (y > -9)
    phase = wrap(truth + np.where(noisy, rng.uniform(-np.pi, np.pi, x.shape), 0.1 * rng.standard_normal(x.shape)))
    magnitude = np.where(noisy, 0.1, 1.0) * rng.uniform(0.9, 1.1, x.shape)
    found = romeo(phase, np.ones(x.shape, bool), magnitude.astype(np.float32))
    assert not error_in_turns(found.phase_unwrapped, truth, ~noisy).any()
    assert found.quality[noisy].mean() < 0.2 < 0.4 < found.quality[~noisy].mean()  # measured 0.09, 0.54


def test_magnitude_keeps_the_path_out_of_a_vessel(rng):
    x, y, _ = coordinates((24, 24, 12))
    vessel = np.hypot(x, y) < 4
    truth = 1.2 * y
    phase = wrap(truth + vessel * rng.normal(0, 1.6, x.shape))
    dark = np.where(vessel, 0.05, 1.0).astype(np.float32) * rng.uniform(0.9, 1.1, x.shape).astype(np.float32)
    found = romeo(phase, np.ones(x.shape, bool), dark)
    assert not error_in_turns(found.phase_unwrapped, truth, ~vessel).any()
    assert found.quality[vessel].mean() < romeo(phase, np.ones(x.shape, bool)).quality[vessel].mean()


def test_parts_that_do_not_touch_are_set_to_each_other():
    x, y, _ = coordinates((40, 20, 16))
    truth = 0.5 * x + 0.2 * y
    mask = np.ones(x.shape, bool)
    mask[22:25] = False  # across the gap the phase rises by 2 rad
    mask[30:33, 8:11, 5:8] = False
    mask[31, 9, 6] = True
    found = romeo(wrap(truth), mask)
    assert found.n_regions == 3
    assert not error_in_turns(found.phase_unwrapped, truth, mask).any()


def test_further_echoes_follow_the_template_in_time(rng):
    x, y, z = coordinates((24, 20, 16))
    hertz = 60 * np.exp(-(x**2 + y**2 + z**2) / 60) + 2 * x
    times = [0.004, 0.010, 0.021]
    truth = np.stack([TURN * hertz * t for t in times], axis=-1)
    phase = wrap(truth + 0.05 * rng.standard_normal(truth.shape))
    mask = np.ones(x.shape, bool)
    for template in (1, 2):
        found = romeo(phase, mask, echo_times=times, template_echo=template).phase_unwrapped
        np.testing.assert_allclose(found, truth, atol=0.4)  # noise of 0.05 rad: measured 0.24


def test_a_phase_offset_is_reported_and_unwrapping_in_space_bears_it():
    x, y, _ = coordinates((24, 20, 16))
    times = [0.005, 0.010]
    truth = np.stack([TURN * 8 * x * t + 0.5 * y for t in times], axis=-1)
    mask = np.ones(x.shape, bool)
    with pytest.warns(UserWarning, match="MCPC-3D-S first"):
        in_time = romeo(wrap(truth), mask, echo_times=times).phase_unwrapped
    in_space = romeo(wrap(truth), mask, echo_times=times, individual=True).phase_unwrapped
    assert error_in_turns(in_time[..., 1], truth[..., 1], mask).any()
    assert not error_in_turns(in_space[..., 1], truth[..., 1], mask).any()


def test_echoes_unwrapped_in_space_lie_on_one_turn():
    x, _, _ = coordinates((16, 14, 12))
    hertz = 70 + 1.5 * x
    times = [0.005, 0.012]
    truth = np.stack([TURN * hertz * t for t in times], axis=-1)
    found = romeo(wrap(truth), np.ones(x.shape, bool), echo_times=times, individual=True).phase_unwrapped
    np.testing.assert_allclose(found, truth, atol=1e-3)  # measured 3e-6


def test_no_phase_gives_no_phase_and_full_confidence():
    found = romeo(np.zeros((5, 6, 7), np.float32), np.ones((5, 6, 7), bool))
    assert not found.phase_unwrapped.any()
    assert found.quality[2, 3, 3] == pytest.approx(1)


def test_several_echoes_without_their_times_are_refused_with_the_cure():
    with pytest.raises(MetadataError, match="one echo time per echo"):
        romeo(np.zeros((3, 3, 3, 2), np.float32), np.ones((3, 3, 3), bool))


def test_echo_times_in_milliseconds_are_refused_with_the_cure():
    with pytest.raises(UnitsError, match="Divide them by 1000"):
        romeo(np.zeros((3, 3, 3, 2), np.float32), np.ones((3, 3, 3), bool), echo_times=[9.4, 20])


def test_a_template_that_does_not_exist_is_refused_with_the_cure():
    with pytest.raises(MetadataError, match="from 1 to 2"):
        romeo(np.zeros((3, 3, 3, 2), np.float32), np.ones((3, 3, 3), bool), echo_times=[0.01, 0.02], template_echo=3)


def real_crop(folder):
    """Three echoes whose stored extremes mean -pi and pi, as the data's description says."""
    stored = nib.load(folder / "small_Phase.nii.gz").get_fdata(dtype=np.float32)
    magnitude = nib.load(folder / "small_Mag.nii.gz").get_fdata(dtype=np.float32)
    return stored / np.abs(stored).max() * np.float32(np.pi), magnitude, [0.004, 0.008, 0.012]


def test_an_independent_romeo_unwraps_a_real_scan_to_the_same_turns(shared_data, tmp_path):
    program = pytest.importorskip("niimath", reason="niimath, with its own ROMEO, is not installed").bin_path
    phase, magnitude, times = real_crop(shared_data("gre_3echo_crop_romeo"))
    for name, array in (("phase", phase), ("magnitude", magnitude)):
        nib.save(nib.Nifti1Image(array, np.eye(4)), tmp_path / f"{name}.nii")
    options = ["-t", ",".join(f"{1000 * t:g}" for t in times), "-k", "nomask", "-no-phase-rescale", "-g"]
    files = [tmp_path / f"{name}.nii" for name in ("phase", "magnitude", "theirs")]
    subprocess.run([program, files[0], "-romeo", files[1], *options, files[2]], check=True, capture_output=True)
    theirs = nib.load(next(tmp_path.glob("theirs.nii*"))).get_fdata()
    ours = romeo(phase, np.ones(phase.shape[:3], bool), magnitude, echo_times=times).phase_unwrapped
    assert np.mean(np.rint((ours - theirs) / TURN) != 0) < 1e-3  # measured 0 of 319,923


def test_best_path_unwrapping_agrees_on_a_real_scan(shared_data):
    unwrap_phase = pytest.importorskip("skimage.restoration", reason="scikit-image is not installed").unwrap_phase
    phase, magnitude, times = real_crop(shared_data("gre_3echo_crop_romeo"))
    mask = np.ones(phase.shape[:3], bool)
    ours = romeo(phase, mask, magnitude, echo_times=times).phase_unwrapped
    for echo, most in enumerate((1e-4, 1e-4, 4e-3)):  # measured 0, 9e-6, 1.1e-3: veins
        assert np.mean(error_in_turns(ours[..., echo], unwrap_phase(phase[..., echo], rng=0), mask) != 0) < most


def test_best_path_unwrapping_agrees_on_the_echo_difference_of_a_whole_brain(shared_data):
    unwrap_phase = pytest.importorskip("skimage.restoration", reason="scikit-image is not installed").unwrap_phase
    folder = shared_data("gre_2echo_brain_philips3t")
    parts = [
        nib.load(folder / f"2001_WIP_fcMRI_Field_Mapping_cl_e{name}.nii.gz").get_fdata(dtype=np.float32)
        for name in ("1", "1_ph", "2", "2_ph")
    ]
    product = parts[0] * parts[2] * np.exp(1j * (parts[3] - parts[1]))
    mask = parts[0] > 0.3 * np.percentile(parts[0], 99)
    phase = np.angle(product).astype(np.float32)
    ours = romeo(phase, mask, np.sqrt(np.abs(product))).phase_unwrapped
    theirs = np.asarray(unwrap_phase(np.ma.array(phase, mask=~mask), rng=0))
    differing = np.mean(error_in_turns(ours, theirs, mask) != 0)
    assert differing < 0.005  # measured 5e-4


def test_air_in_a_generous_mask_is_not_taken_for_a_phase_offset(rng):
    x, y, z = coordinates((30, 26, 20))
    head = x**2 / 64 + y**2 / 49 + z**2 / 36 < 1
    assert head.mean() < 0.2
    times = [0.005, 0.012]
    truth = np.stack([TURN * 6 * x * t for t in times], axis=-1)
    noise = rng.uniform(-np.pi, np.pi, truth.shape)
    phase = wrap(np.where(head[..., None], truth, noise))
    magnitude = np.where(head, 1.0, 0.05)[..., None] * rng.rayleigh(1, truth.shape) ** np.where(head, 0, 1)[..., None]
    found = romeo(phase, np.ones(head.shape, bool), magnitude.astype(np.float32), echo_times=times).phase_unwrapped
    assert not error_in_turns(found[..., 1], truth[..., 1], head).any()
