"""Every workflow factory builds a checked graph with every method that its step knows."""

import importlib
import inspect
import re

import pytest
from inventory import WORKFLOWS, module_name, offenders
from nipype.pipeline import engine as pe

from nipype_qsm.graph import checked, mermaid
from nipype_qsm.interfaces.rooms import ROOMS, room
from nipype_qsm.workflows.presets import PRESETS
from nipype_qsm.workflows.qsm import init_qsm_wf

FACTORIES = [
    (path.stem, name, factory)
    for path in sorted(WORKFLOWS.glob("*.py"))
    if path.stem != "__init__"
    for name, factory in inspect.getmembers(importlib.import_module(module_name(path)), inspect.isfunction)
    if re.fullmatch(r"init_\w+_wf", name) and factory.__module__ == module_name(path)
]
NEEDS_A_FOLDER = {"init_subject_wf", "init_measure_wf"}


def built(factory, tmp_path, **options):
    return factory(tmp_path, **options) if factory.__name__ in NEEDS_A_FOLDER else factory(**options)


NO_COMBINATION = {
    "phase_difference": "makes the difference of two echoes, which mcpc3ds takes",
    "sum_of_squares": "makes a magnitude, and no phase",
    **dict.fromkeys(
        ("apply_transform", "compose_transforms", "alignment", "template_alignment"),
        "follows a registration, and makes none",
    ),
}


def listed(docstring, title):
    """Return the port names that a section of a factory's docstring begins with, and whether it goes on in words."""
    text = re.search(rf"^{title}\n-+\n(.+?)(?:\n\n|\Z)", inspect.cleandoc(docstring), re.MULTILINE | re.DOTALL)[1]
    names = re.match(r"(?:\w+(?:, (?!and )\s*)?)+", " ".join(text.split()))[0]
    return set(re.findall(r"\w+", names)), len(names) < len(" ".join(text.split()))


def test_every_factory_is_named_as_its_step():
    assert {name for step, name, _ in FACTORIES} >= {f"init_{step}_wf" for step in ROOMS if step != "masks"}


@pytest.mark.parametrize("factory", [pytest.param(f, id=name) for _, name, f in FACTORIES])
def test_a_factory_builds_a_graph_that_is_checked_and_can_be_drawn(factory, tmp_path):
    workflow = built(factory, tmp_path)
    assert isinstance(workflow, pe.Workflow)
    assert checked(workflow) is workflow
    drawn = mermaid(workflow)
    assert drawn.startswith("flowchart TD\n")
    assert len(drawn.splitlines()) >= 2


STEPS = [pytest.param(f, id=name) for step, name, f in FACTORIES if step not in {"qsm", "subject", "measure"}]


@pytest.mark.parametrize("factory", STEPS)
def test_a_factory_documents_the_ports_of_its_two_ends(factory):
    workflow = factory()
    for title, node in (("Inputs", "inputnode"), ("Outputs", "outputnode")):
        names, and_more = listed(factory.__doc__, title)
        fields = set(workflow.get_node(node).interface._fields)
        assert names <= fields, title
        assert and_more or names == fields, title


def steps_with_methods():
    factories = {name: factory for _, name, factory in FACTORIES}
    return [
        pytest.param(factories[f"init_{step}_wf"], method, id=f"{step}-{method}")
        for step in ROOMS
        if "method" in inspect.signature(factories.get(f"init_{step}_wf", len)).parameters
        for method in room(step)
        if method not in NO_COMBINATION
    ]


@pytest.mark.parametrize(("factory", "method"), steps_with_methods())
def test_a_step_builds_with_each_of_its_methods(factory, method, programs):
    workflow = factory(method)
    assert method in {
        type(workflow.get_node(n).interface).__module__.rpartition(".")[2] for n in workflow.list_node_names()
    }


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("step", ["unwrap", "fieldmap", "background", "inversion", "reference", "relaxation"])
def test_the_whole_builds_with_each_method_at_each_step(preset, step, programs):
    for method, interface in room(step).items():
        workflow = init_qsm_wf(preset, **{step: method})
        kinds = [type(workflow.get_node(name).interface) for name in workflow.list_node_names()]
        assert interface in kinds


def test_nodes_declare_the_memory_they_need():
    def wrong(factory):
        workflow = init_qsm_wf(factory[0])
        nodes = [workflow.get_node(name) for name in workflow.list_node_names()]
        return [node.fullname for node in nodes if not node.mem_gb]

    assert offenders([(preset, "nodes") for preset in PRESETS], wrong) == {}
