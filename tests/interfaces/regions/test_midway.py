import nibabel as nib
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.regions import REGIONS, Midway
from nipype_qsm.transforms import flirt_from_world, fsl_mm, load_matrix, save_matrix

SHAPE = (10, 12, 8)


def test_a_matrix_in_two_matrices_and_a_grid_out(tmp_path, write_nifti, oblique_affine):
    affines = [oblique_affine((1.0, 1.0, 2.0), degrees=degrees) for degrees in ((10, 5), (4, -3))]
    files = [write_nifti(f"chi{n}.nii", np.zeros(SHAPE), affine) for n, affine in enumerate(affines)]
    motion = np.eye(4)
    motion[:3, :3], motion[:3, 3] = Rotation.from_rotvec([0, 0, np.deg2rad(6)]).as_matrix(), (3, 0, 1)
    first, second = (Frame(SHAPE, affine) for affine in affines)
    matrix = save_matrix(flirt_from_world(motion, second, first), tmp_path / "s2f.mat")
    node = Midway(chi_first=files[0], chi_second=files[1], second_to_first=str(matrix))
    outputs = node.run(cwd=str(tmp_path)).outputs
    assert outputs.degrees == pytest.approx(6, abs=1e-4)
    assert nib.load(outputs.mid_reference).shape == SHAPE
    # a point of the first visit and the same point of the second arrive together, in FLIRT's millimetres
    point = np.array([4.0, 2.0, -3.0, 1.0])
    ends = []
    for name, own, at in (("first", first, point), ("second", second, np.linalg.inv(motion) @ point)):
        there = load_matrix(getattr(outputs, f"{name}_to_mid"))
        ends.append(there @ fsl_mm(own) @ np.linalg.inv(own.affine) @ at)
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-5)


def test_without_a_matrix_the_visits_share_the_scanners_space(tmp_path, write_nifti):
    files = [write_nifti(f"chi{n}.nii", np.zeros(SHAPE)) for n in (1, 2)]
    outputs = Midway(chi_first=files[0], chi_second=files[1]).run(cwd=str(tmp_path)).outputs
    assert (outputs.degrees, outputs.distance_mm) == (0, 0)
    np.testing.assert_allclose(load_matrix(outputs.first_to_mid), np.eye(4), atol=1e-9)


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["midway"] is Midway
