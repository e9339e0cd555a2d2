import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.interfaces.coils import COIL_COMBINATIONS


def test_one_echo_comes_out_with_its_own_time(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    series = written_series(signals, [0.01, 0.025])
    outputs = COIL_COMBINATIONS.make("phase_difference_combination", series=series).run().outputs
    product = (signals[1] * signals[0].conj()).sum(axis=0)
    np.testing.assert_allclose(nib.load(outputs.phase).get_fdata(), np.angle(product), atol=1e-4)
    assert outputs.echo_times == pytest.approx([0.015])
    assert len(outputs.magnitude_sos) == 2
