import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.regions import REGIONS, Change


def test_files_in_maps_out_as_the_kernel_computes_them(tmp_path, monkeypatch, write_nifti, rng):
    monkeypatch.chdir(tmp_path)
    arrays = {name: rng.uniform(0.01, 0.05, (4, 5, 6)).astype(np.float32) for name in ("chi_first", "chi_second")}
    outputs = Change(**{name: write_nifti(f"{name}.nii", array) for name, array in arrays.items()}).run().outputs
    expected = arrays["chi_second"] - arrays["chi_first"]
    np.testing.assert_allclose(nib.load(outputs.chi_change).get_fdata(), expected, atol=1e-7)


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["change"] is Change
