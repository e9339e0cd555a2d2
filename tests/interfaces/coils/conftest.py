"""Coils on disk."""

import numpy as np
import pytest

from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase
from nipype_qsm.series import Series, Source


@pytest.fixture
def written_series(tmp_path, write_nifti):
    """Write signals (echo, coil, x, y, z) as a series of NIfTI files in radians, and return the table's path."""

    def write(signals, echo_times, affine=None):
        tables = {"phase": [], "magnitude": []}
        for kind, part in (("phase", np.angle), ("magnitude", np.abs)):
            for echo, coils in enumerate(signals):
                tables[kind].append(
                    [
                        Source(write_nifti(f"{kind}-{echo}-{coil}.nii", part(signal).astype(np.float32), affine))
                        for coil, signal in enumerate(coils)
                    ]
                )
        series = Series(
            **tables,
            echo_times=tuple(echo_times),
            field_strength=3.0,
            phase_scale=DeclaredPhase(1.0, 0.0, "this test"),
        )
        return str(series.save(tmp_path / "series.json"))

    return write


@pytest.fixture
def signals(rng):
    """Two echoes of three coils with constant offsets, and little noise."""
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in (12, 10, 8)], indexing="ij")
    offsets = np.exp(1j * np.array([0.5, -2.0, 3.0]))[:, None, None, None]
    echoes = np.stack([offsets * np.exp(1j * t * (0.4 * x + 0.05 * y * z)) for t in (1, 2.5)])
    return (echoes + 0.01 * rng.standard_normal(echoes.shape)).astype(np.complex64)
