"""White matter hyperintensities from FLAIR."""

import numpy as np
import pytest
from tissue_head import GRID, WHITE, head

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.masks.lesions import lesions


def found_in(rng, **options):
    _, flair, tissue, inside = head(rng, **options)
    white = (tissue == WHITE) & ~inside  # as T1 shows it: lesions are dark
    return lesions(flair, white.astype(np.float32), tissue > 0, GRID), inside


@pytest.mark.parametrize("options", [{}, {"noise": 0.05}, {"shading": 0.0}])
def test_lesions_are_found_although_t1_shows_them_as_grey_matter(rng, options):
    found, inside = found_in(rng, **options)
    mask = found.mask_lesions > 0
    assert 2 * np.count_nonzero(mask & inside) / (mask.sum() + inside.sum()) > 0.8
    assert found.n_lesions == 4
    assert found.lesions_ml == pytest.approx(8e-3 * mask.sum())


def test_a_head_without_lesions_has_none(rng):
    found, _ = found_in(rng, lesions=False)
    assert found.lesions_ml < 0.1


def test_what_is_smaller_than_the_least_volume_goes(rng):
    _, flair, tissue, _ = head(rng)
    white = (tissue == WHITE).astype(np.float32)
    assert not lesions(flair, white, tissue > 0, GRID, smallest_mm3=5000.0).mask_lesions.any()


def test_deep_grey_matter_holds_no_lesion(rng):
    _, flair, tissue, inside = head(rng)
    labels = np.where(inside, 10, 0)
    assert not (
        lesions(flair, (tissue == WHITE).astype(np.float32), tissue > 0, GRID, labels).mask_lesions[inside]
    ).any()


def test_units_of_ct_and_an_empty_white_matter_are_refused(rng):
    _, flair, tissue, _ = head(rng)
    white = (tissue == WHITE).astype(np.float32)
    with pytest.raises(QSMError, match="zero or negative"):
        lesions(flair - 300, white, tissue > 0, GRID)
    with pytest.raises(QSMError, match="No white matter") as refused:
        lesions(flair, 0 * white, tissue > 0, GRID)
    assert "mask_white_matter" in refused.value.remedy
