"""Faults are warned of with the flag that corrects them, and nothing is corrected."""

import warnings
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.interfaces.reading import Faults, ReadSeries
from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase
from nipype_qsm.series import Series, group


@pytest.fixture
def series(tmp_path, rng):
    """Write a series of 2 echoes x 2 coils of a flat phase, with `change` made to the phase, and return its table."""

    def write(change=lambda phase: phase, n_echoes=2):
        tables = []
        for kind in ("phase", "magnitude"):
            paths = []
            for name in (f"{kind}_c{coil}_e{echo}.nii" for echo in range(1, n_echoes + 1) for coil in (1, 2)):
                values = change(rng.normal(0, 0.1, (12, 13, 8))) if kind == "phase" else np.ones((12, 13, 8))
                nib.save(nib.Nifti1Image(values.astype(np.float32), np.eye(4)), tmp_path / name)
                paths.append(str(tmp_path / name))
            tables.append(group(paths, kind))
        times = tuple(0.01 * (echo + 1) for echo in range(n_echoes))
        return str(Series(*tables, times, 3.0, DeclaredPhase(1.0, 0.0, "test")).save(tmp_path / "series.json"))

    return write


def striped(phase):
    phase[:, :, 1::2] += np.pi
    return np.angle(np.exp(1j * phase))


@pytest.mark.parametrize("n_echoes", [1, 2])
def test_a_healthy_series_passes_in_silence(series, tmp_path, n_echoes):
    path = series(n_echoes=n_echoes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Faults(series=path).run(cwd=tmp_path).outputs
    assert found.series == path
    assert not (found.alternating_slices or found.inverted_sign)
    assert np.isnan(found.sign_correlation)


def test_alternating_slices_are_warned_of_and_left_alone(series, tmp_path):
    path = series(striped)
    before = Series.load(path).read_phase(0, 0)
    with pytest.warns(UserWarning, match=r"Every second slice .* --fix-alternating-slices"):
        found = Faults(series=path).run(cwd=tmp_path).outputs
    assert found.alternating_slices
    assert found.alternation > 0.9
    np.testing.assert_array_equal(Series.load(found.series).read_phase(0, 0), before)


def test_the_flag_that_is_named_cures_alternating_slices(series, tmp_path):
    cured = replace(Series.load(series(striped)), alternate_slices=True).save(tmp_path / "cured.json")
    assert not Faults(series=str(cured)).run(cwd=tmp_path).outputs.alternating_slices


def test_an_inverted_sign_is_warned_of_with_its_flag(shared_data, tmp_path):
    stem = str(shared_data("gre_2echo_brain_philips3t") / "2001_WIP_fcMRI_Field_Mapping_cl_e")
    table = ReadSeries(
        phase=[f"{stem}{e}_ph.nii.gz" for e in (1, 2)], magnitude=[f"{stem}{e}.nii.gz" for e in (1, 2)]
    ).table()
    right = Faults(series=str(table.save(tmp_path / "right.json"))).run(cwd=tmp_path).outputs
    assert not right.inverted_sign
    wrong = replace(table, negate_phase=True).save(tmp_path / "wrong.json")
    with pytest.warns(UserWarning, match=r"opposite sign .*--invert-phase"):
        found = Faults(series=str(wrong)).run(cwd=tmp_path).outputs
    assert found.inverted_sign
    assert found.sign_correlation == pytest.approx(-right.sign_correlation, abs=1e-4)
