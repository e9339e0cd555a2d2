"""White matter from T1."""

import numpy as np
import pytest
from tissue_head import GRID, T1, WHITE, head

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.masks.white_matter import white_matter


def dice(one, other):
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.mark.parametrize("shading", [0.0, 0.25])
def test_white_matter_is_found_under_shading_and_noise(rng, shading):
    t1w, _, tissue, _ = head(rng, lesions=False, shading=shading)
    found = white_matter(t1w, tissue > 0, GRID)
    assert dice(found.mask_white_matter > 0, tissue == WHITE) > 0.99  # measured 0.9999
    assert found.volume_ml == pytest.approx(found.n_voxels * 0.008)


def test_the_unit_of_the_image_makes_no_difference(rng):
    t1w, _, tissue, _ = head(rng)
    once = white_matter(t1w, tissue > 0, GRID).mask_white_matter
    other = white_matter(4 * t1w, tissue > 0, GRID).mask_white_matter
    assert np.mean(once != other) < 1e-4


def test_labelled_structures_are_left_out_and_inputs_untouched(rng):
    t1w, _, tissue, _ = head(rng)
    labels = np.zeros(t1w.shape, np.uint8)
    labels[30:40, 30:40, 30:40] = 10
    before = t1w.copy()
    found = white_matter(t1w, tissue > 0, GRID, labels)
    assert not found.mask_white_matter[labels > 0].any()
    assert not found.mask_white_matter[tissue == 0].any()
    assert np.array_equal(t1w, before)


def test_units_of_ct_are_refused_with_the_cure(rng):
    t1w, _, tissue, _ = head(rng)
    with pytest.raises(QSMError, match=r"negative in \d+ % of the brain") as refused:
        white_matter(t1w - 400, tissue > 0, GRID)
    assert "T1-weighted" in refused.value.remedy


def test_an_image_of_one_tissue_is_refused(rng):
    _, _, tissue, _ = head(rng)
    even = np.where(tissue > 0, rng.normal(T1[WHITE], 1, tissue.shape), 0).astype(np.float32)
    even[30:34, 30:34, 30:34] *= 3
    even[40:44, 40:44, 40:44] *= 2
    with pytest.raises(QSMError, match="of the brain") as refused:
        white_matter(even, tissue > 0, GRID)
    assert "white matter bright" in refused.value.remedy
