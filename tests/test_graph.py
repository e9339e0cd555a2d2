"""Graphs are checked when they are built, and drawn from what was built."""

import pytest
from nipype import Function, IdentityInterface, Node, Workflow

from nipype_qsm.errors import WiringError
from nipype_qsm.graph import Chain, checked, mermaid


def nothing():
    """Do nothing: graphs are built here, not run."""


def step(name, takes, gives):
    """Return a node that takes and gives ports of these names."""
    return Node(Function(input_names=takes, output_names=gives, function=nothing), name=name)


def ends(inputs, outputs):
    return Node(IdentityInterface(inputs), name="inputnode"), Node(IdentityInterface(outputs), name="outputnode")


def test_a_sound_graph_is_returned_as_it_is():
    start, end = ends(["field"], ["chi"])
    workflow = Workflow("sound")
    invert = step("invert", ["field"], ["chi"])
    workflow.connect([(start, invert, [("field", "field")]), (invert, end, [("chi", "chi")])])
    assert checked(workflow) is workflow


def test_an_edge_to_a_misspelt_field_is_refused():
    """Nipype itself accepts it in silence."""
    start, end = ends(["field"], ["chi"])
    workflow = Workflow("misspelt")
    workflow.connect(start, "feild", end, "chi")
    with pytest.raises(WiringError, match=r"misspelt.inputnode has no output 'feild'\.  It has: field"):
        checked(workflow)
    workflow = Workflow("misspelt")
    workflow.connect([(start, end, [("field", "chi"), ("field", "shi")])])
    with pytest.raises(WiringError, match=r"misspelt.outputnode has no input 'shi'\.  It has: chi"):
        checked(workflow)


def test_an_output_that_nothing_feeds_is_refused():
    start, end = ends(["field"], ["chi", "mask"])
    workflow = Workflow("starved")
    workflow.connect(start, "field", end, "chi")
    with pytest.raises(WiringError, match=r"Nothing feeds mask of starved.outputnode"):
        checked(workflow)


def test_a_nested_graph_is_checked_with_the_one_around_it():
    start, end = ends(["field"], ["chi", "mask"])
    inner = Workflow("inner")
    inner.connect(start, "field", end, "chi")
    outer, outer_start = Workflow("outer"), Node(IdentityInterface(["field"]), name="inputnode")
    outer.connect(outer_start, "field", inner, "inputnode.field")
    with pytest.raises(WiringError, match=r"Nothing feeds mask of inner.outputnode"):
        checked(outer)


def test_two_nested_graphs_of_one_name_do_not_stand_for_each_other():
    """One is sound, the other starved; deep down their nodes have the same full name."""
    outer, start = Workflow("outer"), Node(IdentityInterface(["field"]), name="inputnode")
    for name, fed in (("first", ["chi", "mask"]), ("second", ["mask"])):
        inner_start, inner_end = ends(["field"], ["chi", "mask"])
        inner, middle = Workflow("inner"), Workflow(name)
        inner.connect([(inner_start, inner_end, [("field", field) for field in fed])])
        middle.add_nodes([inner])
        outer.add_nodes([middle])
    outer.connect(start, "field", outer.get_node("first"), "inner.inputnode.field")
    with pytest.raises(WiringError, match="Nothing feeds chi of"):
        checked(outer)


def test_a_chain_joins_steps_by_the_names_of_what_they_take_and_give():
    chain = Chain("chain", ["phase", "mask"])
    chain.add(step("unwrap", ["phase", "mask"], ["phase_unwrapped"]))
    chain.add(step("map_field", ["phase_unwrapped"], ["field_total"]))
    drawn = mermaid(chain.finish(["field_total"]))
    assert "    unwrap -->|phase_unwrapped| map_field\n" in drawn
    assert "inputnode" not in drawn and "outputnode" not in drawn


def test_a_chain_takes_the_latest_of_a_name():
    chain = Chain("chain", ["mask"])
    chain.add(step("erode", ["mask"], ["mask"])).add(step("fill", ["mask"], ["mask"])).add(
        step("count", ["mask"], ["n"])
    )
    drawn = mermaid(chain.finish(["n"]))
    assert "    erode -->|mask| fill\n" in drawn
    assert "    fill -->|mask| count\n" in drawn
    assert "erode -->|mask| count" not in drawn


def test_a_chain_wires_other_names_where_it_is_told_to():
    chain = Chain("chain", ["mask"])
    chain.add(step("refine", ["mask"], ["mask"]), gives={"mask": "mask_tissue"})
    chain.add(step("invert", ["mask"], ["chi"]), takes={"mask": "mask_tissue"})
    chain.add(step("alone", ["mask"], ["nothing"]), takes={"mask": ""})
    workflow = chain.finish()
    assert set(workflow.get_node("outputnode").interface._fields) == {"mask_tissue", "chi", "nothing"}
    drawn = mermaid(workflow)
    assert "    refine -->|mask| invert\n" in drawn
    assert "--> alone" not in drawn and "| alone" not in drawn


def test_a_chain_refuses_what_nothing_gives():
    with pytest.raises(WiringError, match="Nothing gives 'mask_tissue' for invert"):
        Chain("chain", ["mask"]).add(step("invert", ["mask"], ["chi"]), takes={"mask": "mask_tissue"})
    with pytest.raises(WiringError, match="Nothing gives 'chi'"):
        Chain("chain", ["mask"]).finish(["chi"])


def test_a_diagram_follows_edges_through_nested_workflows():
    inner = Chain("inner_wf", ["field"]).add(step("invert", ["field"], ["chi"])).finish()
    chain = Chain("outer", ["phase"])
    chain.add(step("unwrap", ["phase"], ["field"])).add(inner).add(step("reference", ["chi"], ["chi_referenced"]))
    drawn = mermaid(chain.finish())
    assert "    unwrap -->|field| invert\n" in drawn
    assert "    invert -->|chi| reference\n" in drawn


def test_two_nodes_of_one_name_are_told_apart_in_a_diagram():
    chain = Chain("outer", ["mask"])
    for name in ("first_wf", "second_wf"):
        chain.add(Chain(name, ["mask"]).add(step("refine", ["mask"], ["mask"])).finish())
    drawn = mermaid(chain.finish())
    assert "first_wf_refine -->|mask| second_wf_refine" in drawn
