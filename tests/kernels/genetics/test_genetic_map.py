"""Bases to centimorgans, and builds of the genome."""

import numpy as np
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.kernels.genetics.genetic_map import LENGTHS, GeneticMap, require_build

MAP = GeneticMap({"1": (np.array([100.0, 200, 400]), np.array([0.0, 1, 2]))})


def test_distance_grows_in_proportion_between_markers_and_not_at_all_beyond():
    found = MAP.cm(np.full(5, "1"), np.array([50, 100, 150, 300, 900]))
    assert found == pytest.approx([0, 0, 0.5, 1.5, 2])


def test_a_chromosome_without_a_map_is_refused_or_takes_a_rate():
    with pytest.raises(QSMError, match=r"no chromosome 2; it has 1"):
        MAP.cm(np.array(["2"]), np.array([5]))
    assert GeneticMap(MAP.markers, 1.2).cm(np.array(["2"]), np.array([2_000_000])) == pytest.approx([2.4])


def test_positions_of_another_build_are_refused():
    inside_38 = np.array([LENGTHS[38]["17"]])
    require_build(np.array(["17"]), inside_38, 38)
    with pytest.raises(QSMError, match=r"beyond the end of chromosome 17 in build 37.*another build"):
        require_build(np.array(["17"]), inside_38, 37)
    with pytest.raises(QSMError, match="Build 19"):
        require_build(np.array(["17"]), inside_38, 19)
