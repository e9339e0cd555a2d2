"""The map of two passes, as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.masks import MASKS


def test_the_node_merges_at_one_level(write_nifti, tmp_path, rng):
    chi = rng.normal(0, 0.05, (8, 8, 8)).astype(np.float32)
    without = np.ones(chi.shape, bool)
    without[4, 4, 4] = False
    tissue = np.where(without, chi - np.float32(0.2), 0)
    files = {"chi": chi, "chi_without_sources": tissue, "mask_without_sources": without}
    node = MASKS.make("merge_passes", **{name: write_nifti(f"{name}.nii", array) for name, array in files.items()})
    merged = nib.load(node.run(cwd=str(tmp_path)).outputs.chi).get_fdata()
    np.testing.assert_allclose(merged, chi, atol=1e-6)
