import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import GeometryError, MetadataError
from nipype_qsm.interfaces.unwrap import UNWRAPPERS
from nipype_qsm.interfaces.unwrap.romeo import ROMEO
from nipype_qsm.kernels.unwrap.romeo import romeo


def echoes(shape=(12, 10, 8)):
    x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in shape], indexing="ij")
    return [np.angle(np.exp(1j * t * (0.8 * x + 0.1 * y * z))).astype(np.float32) for t in (1, 2)]


def test_files_in_files_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    affine, phases = oblique_affine((0.8, 0.8, 3.0)), echoes()
    mask = np.ones(phases[0].shape, bool)
    node = ROMEO(
        phase=[write_nifti(f"p{n}.nii", p, affine) for n, p in enumerate(phases)],
        magnitude=[write_nifti(f"m{n}.nii", np.ones(p.shape, np.float32), affine) for n, p in enumerate(phases)],
        mask=write_nifti("mask.nii", mask, affine),
        echo_times=[0.01, 0.02],
    )
    outputs = node.run().outputs
    stacked = np.stack(phases, axis=-1)
    expected = romeo(stacked, mask, np.ones_like(stacked), echo_times=[0.01, 0.02])
    for echo, path in enumerate(outputs.phase_unwrapped):
        image = nib.load(path)
        np.testing.assert_allclose(image.get_fdata(), expected.phase_unwrapped[..., echo], atol=1e-5)
        np.testing.assert_allclose(image.affine, affine, atol=1e-6)
    np.testing.assert_allclose(nib.load(outputs.quality).get_fdata(), expected.quality, atol=1e-6)
    assert outputs.n_regions == 1


def test_one_volume_needs_neither_magnitude_nor_echo_times(tmp_path, monkeypatch, write_nifti):
    monkeypatch.chdir(tmp_path)
    phase = echoes()[0]
    node = UNWRAPPERS.make(
        "romeo", phase=write_nifti("p.nii", phase), mask=write_nifti("m.nii", np.ones(phase.shape, bool))
    )
    assert nib.load(node.run().outputs.phase_unwrapped).get_fdata().max() > np.pi


def test_a_mask_on_another_grid_is_refused_with_the_cure(tmp_path, monkeypatch, write_nifti):
    monkeypatch.chdir(tmp_path)
    phase = echoes()[0]
    node = ROMEO(phase=write_nifti("p.nii", phase), mask=write_nifti("m.nii", np.ones((12, 10, 7), bool)))
    with pytest.raises(GeometryError, match="Resample"):
        node.run()


def test_a_missing_magnitude_is_refused_with_its_cure(tmp_path, monkeypatch, write_nifti):
    monkeypatch.chdir(tmp_path)
    files = [write_nifti(f"{n}.nii", phase) for n, phase in enumerate(echoes())]
    mask = write_nifti("mask.nii", np.ones((12, 10, 8), bool))
    node = ROMEO(phase=files, magnitude=files[:1], mask=mask, echo_times=[0.01, 0.02])
    with pytest.raises(MetadataError, match="one file an echo"):
        node.run()
