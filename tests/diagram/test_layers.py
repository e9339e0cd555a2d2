"""Layers follow the edges, and the order of rows is better than it was."""

from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.diagram.layers import layers
from nipype_qsm.diagram.levels import levels
from nipype_qsm.diagram.order import crossings, ordered


@st.composite
def edges(draw, acyclic):
    n = draw(st.integers(1, 12))
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30))
    ahead = {}
    for a, b in pairs:
        if a != b and (a < b or not acyclic):
            ahead.setdefault(a, set()).add(b)
    return n, ahead


@given(edges(acyclic=True))
def test_an_edge_leads_down(graph):
    n, ahead = graph
    layer, back = layers(n, ahead)
    assert not back
    assert min(layer) >= 0
    assert all(layer[target] > layer[part] for part, targets in ahead.items() for target in targets)


@given(edges(acyclic=False))
def test_where_there_is_a_circle_every_other_edge_leads_down(graph):
    n, ahead = graph
    layer, back = layers(n, ahead)
    for part, targets in ahead.items():
        for target in targets:
            assert (part, target) in back or layer[target] > layer[part]


def test_what_gives_more_than_it_takes_stands_near_those_it_gives_to():
    layer, _ = layers(5, {0: {1}, 1: {2}, 2: {3}, 4: {3}})
    assert layer == [0, 1, 2, 3, 2]
    layer, _ = layers(5, {0: {1}, 1: {2}, 2: {3}, 4: {3}}, anchored={4})
    assert layer[4] == 0


def test_crossings_are_counted():
    down = {0: [3], 1: [2], 2: [], 3: []}
    assert crossings([[0, 1], [2, 3]], down) == 1
    assert crossings([[0, 1], [3, 2]], down) == 0


def test_crossings_that_can_be_avoided_are():
    wires = [(0, 5, 0), (1, 4, 1), (2, 3, 2), (0, 4, 0)]
    rows = ordered([[0, 1, 2], [3, 4, 5]], wires, {})
    down = {0: [5, 4], 1: [4], 2: [3], 3: [], 4: [], 5: []}
    assert crossings([[0, 1, 2], [3, 4, 5]], down) == 4
    assert crossings(rows, down) == 0


def test_a_row_whose_order_is_given_keeps_it():
    wires = [(0, 3, 0), (1, 2, 1)]
    assert ordered([[0, 1], [2, 3]], wires, {0: [0, 1], 1: [2, 3]}) == [[0, 1], [2, 3]]


def test_wires_join_neighbouring_rows(ours):
    for level in levels(ours).values():
        row = {item: number for number, row in enumerate(level.rows) for item in row}
        assert sorted(row) == list(range(len(level.items)))
        assert all(row[below] == row[above] + 1 for above, below, _ in level.wires)
