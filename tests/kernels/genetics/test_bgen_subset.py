"""Fewer people, the same bits."""

import numpy as np
import pytest
from bgen_files import layout_2

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.genetics.bgen_subset import bgen_subset


@pytest.mark.parametrize("n_bits", [3, 8, 13, 16])
@pytest.mark.parametrize("phased", [True, False])
def test_the_block_is_that_of_the_people_kept(rng, n_bits, phased):
    people = [tuple(one) for one in rng.random((9, 2)) / 2]
    people[4] = None
    ploidy = [2, 2, 1, 2, 2, 1, 2, 2, 2]
    rows = [5, 4, 0, 8]
    whole = np.frombuffer(layout_2(people, n_bits, phased, ploidy), np.uint8)
    part = layout_2([people[row] for row in rows], n_bits, phased, [ploidy[row] for row in rows])
    assert bgen_subset(whole, np.array(rows)).tobytes() == part


def test_a_block_that_ends_too_early_is_refused():
    with pytest.raises(QSMError, match="ends too early"):
        bgen_subset(np.frombuffer(layout_2([(1, 0)] * 5), np.uint8)[:-2], np.array([0]))
