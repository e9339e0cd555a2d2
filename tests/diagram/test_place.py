"""Laws of the picture, on this project's workflows and on random ones."""

from diagram_geometry import faults, overlap
from hypothesis import given, settings
from strangers import random_graphs

from nipype_qsm.diagram.svg import scene


def states(graph):
    """Return what may be open: all, nothing, and all but one group."""
    groups = {group.path for group in graph.root.groups()}
    return [groups, set(), *(groups - {group} for group in sorted(groups))]


def test_nothing_overlaps_and_no_line_runs_through_a_box_however_groups_are_opened(ours):
    stage = scene(ours)
    for opened in states(ours):
        assert faults(ours, stage.picture(opened)) == []


@settings(max_examples=40, deadline=None)
@given(random_graphs())
def test_nor_on_random_graphs(graph):
    stage = scene(graph)
    for opened in states(graph)[:3]:
        assert faults(graph, stage.picture(opened)) == []


def test_labels_keep_clear_of_each_other_and_of_boxes(ours):
    stage = scene(ours)
    groups = {group.path for group in ours.root.groups()}
    picture = stage.picture(groups)
    boxes = [box for path, box in picture.parts.items() if path not in groups]
    labels = []
    for level, net, x, y in picture.labels:
        lines = stage.levels[level].nets[net].label
        width, height = stage.label_size(lines)
        labels.append((x - width / 2, y, width, height))
    assert labels
    for n, label in enumerate(labels):
        assert not any(overlap(label, other) for other in [*labels[n + 1 :], *boxes])


def test_every_flow_is_drawn_to_each_of_its_targets_or_said_not_to_be(ours):
    stage = scene(ours)
    picture = stage.picture({group.path for group in ours.root.groups()})
    drawn = {(flow, wire.ends) for wire in picture.wires for flow in stage.levels[wire.level].nets[wire.net].flows}
    untold = {(flow, path) for level in stage.levels.values() for flow, path in level.untold}
    for number, flow in enumerate(ours.flows):
        for target, _, _ in flow.targets:
            told = any((number, path) in untold for path in (target, *parents(ours, target)))
            assert told or (number, target) in drawn


def parents(graph, path):
    return [group.path for group in graph.root.groups() if any(box.path == path for box in group.boxes())]


def test_the_same_graph_is_drawn_the_same(ours):
    groups = {group.path for group in ours.root.groups()}
    assert scene(ours).picture(groups) == scene(ours).picture(groups)


def test_long_lines_are_straight(ours):
    """Of the places where a line passes from row to row within its lane, nearly all are without a bend."""
    stage = scene(ours)
    picture = stage.picture({group.path for group in ours.root.groups()})
    lanes = {}
    for wire in picture.wires:
        if not wire.ends:
            lanes.setdefault((wire.level, wire.net), []).append(abs(wire.x - wire.to_x))
    within = [over for moves in lanes.values() for over in moves[1:]]
    assert sum(over == 0 for over in within) >= STRAIGHT * len(within)


STRAIGHT = 0.6
