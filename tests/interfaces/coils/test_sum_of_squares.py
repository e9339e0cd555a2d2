import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.coils import COIL_COMBINATIONS


def test_files_in_files_out(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    outputs = COIL_COMBINATIONS.make("sum_of_squares", series=written_series(signals[:1], [0.01])).run().outputs
    expected = np.sqrt((np.abs(signals[0]) ** 2).sum(axis=0))
    np.testing.assert_allclose(nib.load(outputs.magnitude_sos).get_fdata(), expected, rtol=1e-5)
    np.testing.assert_allclose(nib.load(outputs.magnitude_combined).get_fdata(), expected, rtol=1e-5)
