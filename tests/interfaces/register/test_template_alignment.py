import numpy as np
import pytest

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces.register import TemplateAlignment
from nipype_qsm.io import read_array, read_frame
from nipype_qsm.kernels.register.apply_transform import apply_transform
from nipype_qsm.kernels.register.chain import Matrix
from nipype_qsm.transforms import save_field

AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
COARSE = Frame((91, 109, 91), AFFINE)
"""FSL's template grid of 2 mm."""


@pytest.fixture
def measured(write_nifti, tmp_path):
    """Return a function that lays the template's own brain on the template, through a warp of one displacement."""
    average = ICBM2009C.t1w_brain
    by_header = [Matrix(np.linalg.inv(read_frame(average).affine) @ AFFINE)]
    brain = apply_transform(read_array(average), by_header, shape=COARSE.shape).moved
    head = write_nifti("t1w.nii", brain, AFFINE)

    def measure(displacement_mm, reference=head):
        field = np.broadcast_to(np.float32(displacement_mm), (*COARSE.shape, 3))
        warp = save_field(field, COARSE, tmp_path / "warp.nii")
        judge = TemplateAlignment(fixed=str(average), t1w=head, t1_to_mni=str(warp), reference=reference)
        return judge.run(cwd=str(tmp_path)).outputs

    return measure


def test_the_template_lies_on_itself(measured):
    found = measured((0, 0, 0))
    assert found.similarity == pytest.approx(2, abs=1e-3)
    assert found.offset_mm < 0.2
    assert found.peak_ratio > 10


def test_a_warp_that_leads_beside_the_place_is_told_by_how_far(measured):
    found = measured((0, 4, 0))
    assert found.offset_mm == pytest.approx(4, abs=0.3)
    assert found.peak_ratio < 3.8


def test_a_finer_grid_is_read_at_the_same_places(measured, write_nifti):
    fine = AFFINE @ np.diag([0.5, 0.5, 0.5, 1])
    reference = write_nifti("fine.nii", np.zeros((182, 218, 182), np.uint8), fine)
    np.testing.assert_equal(measured((0, 3, 1), reference).get(), measured((0, 3, 1)).get())
