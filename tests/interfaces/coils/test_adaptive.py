import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.coils import COIL_COMBINATIONS
from nipype_qsm.kernels.coils.adaptive import adaptive

TIMES = [0.01, 0.025]


@pytest.mark.parametrize("n_echoes", [1, 2])
def test_files_come_out_as_the_kernel_computes_them(tmp_path, monkeypatch, signals, written_series, n_echoes):
    monkeypatch.chdir(tmp_path)
    series = written_series(signals[:n_echoes], TIMES[:n_echoes])
    outputs = COIL_COMBINATIONS.make("adaptive", series=series, block_mm=3.0).run().outputs
    grid = Grid.from_affine(signals.shape[2:], np.eye(4))
    expected = adaptive(lambda e, c: signals[e, c], 3, grid, echo_times=TIMES[:n_echoes], block_mm=3.0)
    phases, magnitudes = (np.atleast_1d(paths) for paths in (outputs.phase, outputs.magnitude))
    for echo in range(n_echoes):
        gap = np.exp(1j * nib.load(phases[echo]).get_fdata()) - np.exp(1j * expected.phase[echo])
        assert np.abs(gap).max() < 1e-4
        np.testing.assert_allclose(nib.load(magnitudes[echo]).get_fdata(), expected.magnitude[echo], rtol=1e-4)
    assert outputs.echo_times == TIMES[:n_echoes]
