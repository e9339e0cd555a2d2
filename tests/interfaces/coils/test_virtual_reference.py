import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.coils import COIL_COMBINATIONS
from nipype_qsm.kernels.coils.virtual_reference import virtual_reference


def test_one_echo_in_files_comes_out_as_the_kernel_computes_it(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    series = written_series(signals[:1], [0.01])
    outputs = COIL_COMBINATIONS.make("virtual_reference", series=series).run().outputs
    grid = Grid.from_affine(signals.shape[2:], np.eye(4))
    expected = virtual_reference(lambda echo, coil: signals[echo, coil], 3, grid, echo_times=[0.01])
    gap = np.exp(1j * nib.load(outputs.phase).get_fdata()) - np.exp(1j * expected.phase[0])
    assert np.abs(gap).max() < 1e-4
    np.testing.assert_allclose(nib.load(outputs.magnitude).get_fdata(), expected.magnitude[0], rtol=1e-4)
    assert outputs.echo_times == [0.01]
