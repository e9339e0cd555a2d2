"""The minimum-intensity projection as a node."""

import nibabel as nib
import numpy as np

from nipype_qsm.interfaces.swi import SWI_METHODS


def test_the_node_projects_along_the_slices_of_a_sagittal_volume(write_nifti, tmp_path):
    affine = np.zeros((4, 4))
    affine[2, 0] = 3.0  # the first voxel axis points up
    affine[0, 1] = affine[1, 2] = 0.8
    affine[3, 3] = 1
    image = np.full((7, 5, 5), 4.0, np.float32)
    image[3, 2, 2] = 1
    node = SWI_METHODS.make("minimum_projection", n_slices=3)
    node.inputs.swi = write_nifti("swi.nii", image, affine)
    node.inputs.mask = write_nifti("mask.nii", np.ones(image.shape, bool), affine)
    found = nib.load(node.run(cwd=str(tmp_path)).outputs.swi_minimum).get_fdata()
    assert np.argwhere(found == 1).tolist() == [[2, 2, 2], [3, 2, 2], [4, 2, 2]]
