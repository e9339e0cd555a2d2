import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.regions import REGIONS, FieldGradientConfound
from nipype_qsm.kernels.regions.field_gradient_confound import field_gradient_confound

TIMES = [0.0094, 0.020]


def test_files_in_maps_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, oblique_affine):
    monkeypatch.chdir(tmp_path)
    affine = oblique_affine((1.0, 1.0, 3.0))
    shape = (8, 9, 7)
    z = np.arange(7) * 3.0
    phase = np.stack([np.broadcast_to(np.angle(np.exp(2j * np.pi * 2.0 * t * z)), shape) for t in TIMES], -1)
    phase = phase.astype(np.float32)
    magnitude = np.stack([np.full(shape, 100 * np.exp(-t / 0.04), np.float32) for t in TIMES], -1)
    mask, t2star = np.ones(shape, bool), np.full(shape, 0.04, np.float32)
    names = [[write_nifti(f"{kind}{e}.nii", v[..., e], affine) for e in (0, 1)] for kind, v in
             (("p", phase), ("m", magnitude))]  # fmt: skip
    files = {"mask_brain": write_nifti("b.nii", mask, affine), "t2star": write_nifti("t.nii", t2star, affine)}
    outputs = FieldGradientConfound(phase=names[0], magnitude=names[1], **files, echo_times=TIMES).run().outputs
    grid = Grid.from_affine(shape, affine)
    expected = field_gradient_confound(phase, magnitude, mask, grid, echo_times=TIMES, t2star=t2star)
    for name in ("field_gradient", "dephasing_rate", "t2star_corrected"):
        found = nib.load(getattr(outputs, name)).get_fdata()
        np.testing.assert_allclose(found, getattr(expected, name), rtol=1e-5)
    np.testing.assert_allclose(nib.load(outputs.field_gradient).get_fdata(), 2.0, rtol=0.03)
    assert outputs.n_beyond == 0


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["field_gradient_confound"] is FieldGradientConfound
