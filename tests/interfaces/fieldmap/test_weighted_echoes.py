"""UK Biobank's weighted sum as a node."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import UnitsError
from nipype_qsm.interfaces.fieldmap import FIELD_MAPPINGS, WeightedEchoes
from nipype_qsm.kernels.fieldmap.weighted_echoes import weighted_echoes


def test_the_node_saves_the_field_on_the_phases_grid(write_nifti, oblique_affine, tmp_path, rng):
    affine = oblique_affine((0.8, 0.8, 3.0))
    phase = rng.normal(size=(5, 4, 3, 2)).astype(np.float32)
    files = [write_nifti(f"phase_unwrapped_echo-{n + 1}.nii", phase[..., n], affine) for n in range(2)]
    node = WeightedEchoes(phase_unwrapped=files, echo_times=[0.0094, 0.020], field_strength=3.0)
    outputs = node.run(cwd=str(tmp_path)).outputs
    expected = weighted_echoes(phase, echo_times=(0.0094, 0.020), field_strength=3.0)
    image = nib.load(outputs.field_total)
    np.testing.assert_array_equal(image.get_fdata(), expected.field_total)
    np.testing.assert_allclose(image.affine, affine, atol=1e-6)
    assert outputs.effective_echo_time == pytest.approx(0.015973, abs=5e-7)
    assert outputs.echo_weights == pytest.approx(expected.echo_weights)


def test_milliseconds_are_refused_and_nothing_is_written(write_nifti, tmp_path):
    files = [write_nifti(f"{n}.nii", np.zeros((3, 3, 3), np.float32)) for n in range(2)]
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(UnitsError, match="Divide them by 1000"):
        FIELD_MAPPINGS.make("weighted_echoes", phase_unwrapped=files, echo_times=[9.4, 20.0], field_strength=3.0).run(
            cwd=str(work)
        )
    assert not list(work.iterdir())
