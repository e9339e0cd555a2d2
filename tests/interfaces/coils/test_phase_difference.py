import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.coils import COIL_COMBINATIONS
from nipype_qsm.kernels.coils.phase_difference import phase_difference


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, signals, written_series):
    monkeypatch.chdir(tmp_path)
    outputs = COIL_COMBINATIONS.make("phase_difference", series=written_series(signals, [0.01, 0.025])).run().outputs
    expected = phase_difference(lambda echo, coil: signals[echo, coil], 3)
    for port, volume in expected._asdict().items():
        np.testing.assert_allclose(nib.load(getattr(outputs, port)).get_fdata(), volume, atol=1e-4)
