import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import MetadataError
from nipype_qsm.interfaces.coils import COIL_COMBINATIONS


def test_one_echo_passes_through(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    outputs = COIL_COMBINATIONS.make("combined", series=written_series(signals[:1, :1], [0.01])).run().outputs
    np.testing.assert_allclose(nib.load(outputs.phase).get_fdata(), np.angle(signals[0, 0]), atol=1e-5)
    np.testing.assert_allclose(nib.load(outputs.magnitude).get_fdata(), np.abs(signals[0, 0]), rtol=1e-5)
    assert outputs.echo_times == [0.01]
    assert outputs.smooth_phase_spread > 0.2


def test_uncombined_coils_are_refused_with_the_cure(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MetadataError, match="mcpc3ds"):
        COIL_COMBINATIONS.make("combined", series=written_series(signals, [0.01, 0.025])).run()
