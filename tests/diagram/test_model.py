"""Any workflow is read: identities dissolve, names say what flows, strangers' nodes keep what they are."""

import inspect

import pytest
from nipype import Function, IdentityInterface, Node, Workflow
from nipype.interfaces import afni, fsl, utility
from nipype.interfaces import io as input_output
from nipype.interfaces.base import BaseInterface
from strangers import one_more, stranger

from nipype_qsm.diagram.facts import node_facts
from nipype_qsm.diagram.model import Group, read
from nipype_qsm.graph import Chain
from nipype_qsm.workflows.qsm import init_qsm_wf


def node(name, takes, gives):
    return Node(Function(takes, gives, one_more), name=name)


def test_a_strangers_nodes_keep_what_they_are_three_workflows_deep():
    graph = read(stranger())
    boxes = graph.boxes()
    assert {path: box.facts.kind for path, box in boxes.items()} == {
        "source": "node",
        "deep.deepest.add": "node",
        "deep.deepest.spread": "node",
        "deep.each": "map",
        "gather": "join",
    }
    assert boxes["source"].facts.notes == ["repeats everything after it over number (2)"]
    assert boxes["deep.each"].facts.notes == ["runs once for each item of x"]
    assert boxes["gather"].facts.notes == ["joins the runs that source began: x"]
    assert boxes["deep.deepest.spread"].facts.notes == ["runs in the main process"]
    assert boxes["deep.deepest.add"].facts.interface == "one_more()"
    assert boxes["deep.deepest.add"].facts.does == "Add one."
    assert [group.path for group in graph.root.groups()] == ["deep", "deep.deepest"]


def test_functions_on_edges_are_told():
    flows = {flow.source: flow.targets for flow in read(stranger()).flows}
    assert flows["source"] == [("deep.deepest.add", "x", "one_more")]
    assert flows["deep.each"] == [("gather", "x", "total")]
    assert flows["deep.deepest.spread"] == [("deep.each", "x", "")]


def test_a_flow_is_called_as_the_outermost_workflow_calls_it():
    names = {(flow.source, flow.port): flow.name for flow in read(init_qsm_wf("ukb")).flows}
    assert names["refine_mask_local_wf.drop_unreliable", "mask"] == "mask_tissue"
    assert names["refine_mask_brain_wf.drop_unreliable", "mask"] == "mask_reliable"


def test_inputs_that_go_to_the_same_nodes_are_one_box():
    inner = Chain("inner_wf", ["a", "b", "c"]).add(node("one", ["a", "b"], ["d"])).add(node("two", ["b", "c"], ["e"]))
    graph = read(Chain("outer_wf", ["a", "b", "c"]).add(inner.finish()).finish())
    inputs = sorted(box.inputs for box in graph.boxes().values() if box.is_input)
    assert inputs == [["a"], ["b"], ["c"]]
    graph = read(Chain("outer_wf", ["a", "b"]).add(node("one", ["a", "b"], ["d"])).finish())
    assert [box.inputs for box in graph.boxes().values() if box.is_input] == [["a", "b"]]
    assert graph.delivered == {("one", "d"): ["d"]}


def test_a_group_of_one_is_that_one_and_a_group_of_nothing_is_gone():
    inner = Chain("inner_wf", ["a"]).add(node("one", ["a"], ["b"])).finish()
    empty = Workflow("empty_wf")
    empty.add_nodes([Node(IdentityInterface(["nothing"]), name="inputnode")])
    chain = Chain("outer_wf", ["a"]).add(inner)
    chain.workflow.add_nodes([empty])
    root = read(chain.finish()).root
    assert [child.path for child in root.children] == ["inner_wf.one", "inputnode.a"]
    assert not any(isinstance(child, Group) for child in root.children)


def test_a_value_that_was_set_is_shown_short():
    workflow = Workflow("set")
    working = node("one", ["x"], ["out"])
    working.inputs.x = "/far/away/in/some/folder/echo1.nii.gz"
    workflow.add_nodes([working])
    (box,) = read(workflow).boxes().values()
    assert box.facts.given["x"] == "\N{HORIZONTAL ELLIPSIS}/folder/echo1.nii.gz"


def test_units_and_papers_of_our_own_steps_are_known():
    boxes = read(init_qsm_wf("ukb")).boxes()
    facts = boxes["background_wf.remove_background"].facts
    assert facts.ports["field_local"][0] == "ppm"
    assert facts.ports["mask_local"][0] == "mask"
    assert facts.links[0].startswith("https://doi.org/10.")
    assert facts.room == "background"
    assert facts.mem_gb > 0


@pytest.mark.parametrize("package", [afni, fsl, input_output, utility], ids=lambda package: package.__name__)
def test_every_interface_of_others_can_be_told(package):
    told = 0
    for name, kind in inspect.getmembers(package, inspect.isclass):
        if not issubclass(kind, BaseInterface):
            continue
        try:
            node = Node(kind(), name="node")
        except Exception:  # it needs arguments, or a program that is not here
            continue
        facts = node_facts(node)
        assert name == "Function" or facts.interface == kind.__name__
        told += 1
    assert told >= 5
