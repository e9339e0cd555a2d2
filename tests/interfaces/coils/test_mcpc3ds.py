import nibabel as nib
import numpy as np
import pytest
from phases import wrap

from nipype_qsm.errors import GeometryError, MetadataError
from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.coils.mcpc3ds import MCPC3DS
from nipype_qsm.kernels.coils.mcpc3ds import mcpc3ds

TIMES = [0.01, 0.025]


def test_files_in_files_out_as_the_kernel_computes_them(
    tmp_path, monkeypatch, rng, signals, written_series, write_nifti, oblique_affine
):
    monkeypatch.chdir(tmp_path)
    affine = oblique_affine((0.8, 0.8, 3.0))
    mask = rng.random(signals.shape[2:]) < 0.9
    series = written_series(signals, TIMES, affine)
    outputs = MCPC3DS(series=series, mask_brain=write_nifti("mask.nii", mask, affine), smoothing_mm=[2.0]).run().outputs
    expected = mcpc3ds(
        lambda echo, coil: signals[echo, coil],
        3,
        Grid.from_affine(mask.shape, affine),
        mask_brain=mask,
        echo_times=TIMES,
        smoothing_mm=[2.0],
    )
    for echo in range(2):
        assert np.abs(wrap(nib.load(outputs.phase[echo]).get_fdata() - expected.phase[echo])).max() < 1e-4
        for port in ("magnitude", "magnitude_sos"):
            found = nib.load(getattr(outputs, port)[echo])
            np.testing.assert_allclose(found.get_fdata(), getattr(expected, port)[echo], rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(found.affine, affine, atol=1e-6)
    assert outputs.echo_times == TIMES


def test_an_unwrapped_difference_can_be_given(tmp_path, monkeypatch, signals, written_series, write_nifti):
    monkeypatch.chdir(tmp_path)
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in signals.shape[2:]], indexing="ij")
    difference = (1.5 * (0.4 * x + 0.05 * y * z)).astype(np.float32)
    assert np.ptp(difference) > 2 * np.pi
    series = written_series(signals, TIMES)
    given = MCPC3DS(series=series, phase_difference=write_nifti("d.nii", difference)).run().outputs
    own = MCPC3DS(series=series).run().outputs
    for a, b in zip(given.phase, own.phase, strict=True):
        assert np.abs(wrap(nib.load(a).get_fdata() - nib.load(b).get_fdata())).max() < 0.05


def test_the_offset_of_one_image_comes_out(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    outputs = MCPC3DS(series=written_series(signals[:, :1], TIMES)).run().outputs
    assert np.median(nib.load(outputs.phase_offset).get_fdata()) == pytest.approx(0.5, abs=0.01)


def test_a_mask_on_another_grid_is_refused_with_the_cure(tmp_path, monkeypatch, signals, written_series, write_nifti):
    monkeypatch.chdir(tmp_path)
    mask = write_nifti("mask.nii", np.ones((12, 10, 7), bool))
    with pytest.raises(GeometryError, match="Resample mask_brain"):
        MCPC3DS(series=written_series(signals, TIMES), mask_brain=mask).run()


def test_a_single_echo_is_refused_with_the_cure(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MetadataError, match="no coil combination"):
        MCPC3DS(series=written_series(signals[:1], TIMES[:1])).run()
