import numpy as np
import pytest

from nipype_qsm.kernels.region_growing import NOTHING, WORST, edge_costs, grow_regions, voxel_quality
from oracles import romeo_weight


def framed(volume):
    return np.pad(volume, 1)


@pytest.mark.parametrize(("with_other", "with_size"), [(False, False), (True, False), (False, True), (True, True)])
def test_the_cost_of_an_edge_is_the_product_of_its_terms(rng, with_other, with_size):
    phase = rng.uniform(-np.pi, np.pi, (6, 6, 6)).astype(np.float32)
    other = rng.uniform(-np.pi, np.pi, (6, 6, 6)).astype(np.float32)
    size = rng.uniform(0.5, 2, (6, 6, 6)).astype(np.float32)
    inside = np.zeros((6, 6, 6), bool)
    inside[1:-1, 1:-1, 1:-1] = True
    costs = edge_costs(inside, phase, other if with_other else NOTHING, np.float32(0.5), size if with_size else NOTHING)
    costs = costs.reshape(6, 6, 6, 3)
    for axis in range(3):
        a, b = np.array([2, 2, 2]), np.array([2, 2, 2])
        b[axis] += 1
        weight = romeo_weight(phase, size if with_size else None, other if with_other else None, 0.5, a, b)
        assert costs[2, 2, 2, axis] == pytest.approx(1 + (1 - weight) * (WORST - 1), abs=0.51)


def test_edges_that_leave_the_mask_do_not_exist(rng):
    inside = framed(np.ones((1, 1, 2), bool))
    costs = edge_costs(inside, framed(np.zeros((1, 1, 2), np.float32)), NOTHING, np.float32(1), NOTHING)
    assert np.count_nonzero(costs) == 1
    assert costs.reshape(*inside.shape, 3)[1, 1, 1, 2] > 0


def test_the_better_of_two_ways_around_a_ring_is_taken():
    phase = framed(np.array([[[0.0, 2.0], [0.0, -2.5]]], np.float32))
    inside = framed(np.ones((1, 2, 2), bool))
    costs = np.zeros((*inside.shape, 3), np.uint8)
    costs[1, 1, 1, 1] = 1  # (0, 0) - (1, 0): flat
    costs[1, 1, 1, 2] = 1  # (0, 0) - (0, 1): rises by 2
    costs[1, 1, 2, 1] = 1  # (0, 1) - (1, 1): rises by 1.78 over the jump
    costs[1, 2, 1, 2] = 200  # (1, 0) - (1, 1): the bad edge
    values, _, n_regions = grow_regions(inside, phase, costs.ravel())
    assert n_regions == 1
    assert values[1, 2, 2] == pytest.approx(-2.5 + 2 * np.pi)
    costs[1, 1, 2, 1], costs[1, 2, 1, 2] = 200, 1
    values, _, _ = grow_regions(inside, phase, costs.ravel())
    assert values[1, 2, 2] == pytest.approx(-2.5)


def test_parts_that_do_not_touch_are_numbered():
    inside = np.zeros((5, 5, 9), bool)
    inside[1:4, 1:4, 1:3] = True
    inside[1:4, 1:4, 5:8] = True
    phase = np.zeros(inside.shape, np.float32)
    costs = edge_costs(inside, phase, NOTHING, np.float32(1), NOTHING)
    _, region, n_regions = grow_regions(inside, phase, costs)
    assert n_regions == 2
    assert set(np.unique(region[1:4, 1:4, 1:3])) == {1}
    assert set(np.unique(region[1:4, 1:4, 5:8])) == {2}
    assert not region[~inside].any()


def test_the_quality_of_a_voxel_is_the_mean_weight_of_its_edges(rng):
    inside = framed(np.ones((3, 3, 3), bool))
    phase = framed(rng.uniform(-3, 3, (3, 3, 3)).astype(np.float32))
    costs = edge_costs(inside, phase, NOTHING, np.float32(1), NOTHING)
    quality = voxel_quality(inside, costs)
    table = costs.reshape(*inside.shape, 3).astype(float)
    at_middle = [*table[2, 2, 2], table[1, 2, 2, 0], table[2, 1, 2, 1], table[2, 2, 1, 2]]
    assert quality[2, 2, 2] == pytest.approx(np.mean([(WORST - cost) / (WORST - 1) for cost in at_middle]), abs=1e-6)
    assert not quality[~inside].any()
