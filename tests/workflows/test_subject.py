"""The whole of one subject, planned."""

import pytest

from nipype_qsm.graph import nodes
from nipype_qsm.interfaces.inversion import TKD
from nipype_qsm.workflows.subject import init_subject_wf


def summarise(workflow):
    return next(each for each in nodes(workflow) if each.name == "summarise").interface.inputs


def test_the_plan_for_the_report_names_every_method(tmp_path):
    planned = summarise(init_subject_wf(tmp_path, "ukb", unwrap="romeo", inversion=TKD())).plan
    assert planned["preset"] == "ukb"
    assert planned["steps"]["unwrap"] == {"method": "romeo", "options": {}}
    assert planned["steps"]["inversion"]["method"] == "TKD"
    assert planned["steps"]["coils"]["options"]["smoothing_voxels"] == 4.0


@pytest.mark.parametrize("automatic", [True, False])
def test_ventricles_are_found_or_given(automatic, tmp_path):
    workflow = init_subject_wf(tmp_path, automatic_reference=automatic)
    assert ("find_ventricles" in {each.name for each in nodes(workflow)}) is automatic


def test_building_a_graph_writes_nothing(tmp_path):
    init_subject_wf(tmp_path / "out", "best")
    assert list(tmp_path.iterdir()) == []


def test_the_plan_for_the_report_names_the_mask_and_the_second_pass(tmp_path):
    steps = summarise(init_subject_wf(tmp_path, brain_mask="noise_mask", two_pass=True)).plan["steps"]
    assert steps["brain_mask"]["method"] == "noise_mask"
    assert steps["two_pass"]["method"] == "merge_passes"
    assert "two_pass" not in summarise(init_subject_wf(tmp_path)).plan["steps"]
