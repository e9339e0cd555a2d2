"""What stands at each step of the whole, and how a user changes it."""

import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.graph import nodes
from nipype_qsm.interfaces.inversion import TKD
from nipype_qsm.workflows.presets import PRESETS
from nipype_qsm.workflows.qsm import init_qsm_wf, plan


class Mine(TKD):
    """A user's own inversion."""


def node(workflow, name):
    return next(each for each in nodes(workflow) if each.name == name)


def names(workflow):
    return [each.name for each in nodes(workflow)]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_plan_without_choices_is_the_preset(preset):
    assert plan(preset) == PRESETS[preset]
    assert plan(preset, inversion=None) == PRESETS[preset]


def test_choosing_the_presets_own_method_keeps_its_options():
    assert plan("ukb", inversion="ilsqr")["inversion"] == PRESETS["ukb"]["inversion"]


def test_choosing_another_method_drops_the_options_of_the_presets():
    assert plan("ukb", inversion="tkd")["inversion"] == ("tkd", {})


def test_choosing_leaves_the_presets_as_they_are():
    before = dict(PRESETS["best"])
    plan("best", inversion="tkd")
    assert PRESETS["best"] == before


def test_an_unknown_preset_is_answered_with_the_known_ones():
    with pytest.raises(QSMError, match=r"no preset 'beste'.*ukb, best"):
        init_qsm_wf("beste")


def test_an_unknown_method_is_answered_with_the_known_ones():
    with pytest.raises(QSMError, match=r"inversion has no method 'tdk'.*tkd"):
        init_qsm_wf(inversion="tdk")


def test_a_preset_sets_its_options_on_the_nodes():
    workflow = init_qsm_wf("ukb")
    assert node(workflow, "combine_coils").interface.inputs.smoothing_voxels == 4.0
    assert node(workflow, "rate_reliability").interface.inputs.center == "corner"
    invert, options = node(workflow, "invert").interface, PRESETS["ukb"]["inversion"][1]
    assert {name: getattr(invert.inputs, name) for name in options} == options


def test_an_instance_of_ones_own_takes_the_place_of_a_method():
    mine = Mine(threshold=0.1)
    workflow = init_qsm_wf("best", inversion=mine)
    assert isinstance(node(workflow, "invert").interface, Mine)
    assert node(workflow, "invert").interface.inputs.threshold == 0.1


def test_a_single_echo_needs_neither_a_difference_nor_a_decay():
    whole, single = names(init_qsm_wf("best")), names(init_qsm_wf("best", single_echo=True))
    assert {"subtract_echoes", "unwrap_difference", "fit_decay"} <= set(whole)
    assert not {"subtract_echoes", "unwrap_difference", "fit_decay"} & set(single)


def test_a_mask_that_may_not_be_refined_reaches_the_inversion_untouched():
    workflow = init_qsm_wf("best", refine_mask=False)
    assert "drop_unreliable" not in names(workflow)
    assert {"keep_mask_brain", "keep_mask_local"} <= set(names(workflow))


def test_ventricles_are_looked_for_only_where_the_reference_uses_them():
    assert "find_ventricles" in names(init_qsm_wf("best", ventricles="ventricles"))
    assert "find_ventricles" not in names(init_qsm_wf("best", ventricles="ventricles", reference="brain"))
    assert "find_ventricles" not in names(init_qsm_wf("best"))


def test_heavy_nodes_get_the_threads_that_are_asked_for():
    workflow = init_qsm_wf("best", n_procs=3)
    assert {node(workflow, name).n_procs for name in ("combine_coils", "unwrap", "remove_background", "invert")} == {3}


def test_weighted_images_and_sources_are_made_where_they_are_asked_for():
    plain = set(names(init_qsm_wf("best")))
    more = init_qsm_wf("best", swi="clear_swi", separation="r2star_qsm")
    assert set(names(more)) - plain >= {"weight_magnitude", "project_minimum", "separate_sources"}
    fields = more.get_node("outputnode").interface._fields
    assert {"swi", "swi_minimum", "chi_paramagnetic", "chi_diamagnetic"} <= set(fields)


def test_one_echo_cannot_be_separated_by_its_decay():
    with pytest.raises(QSMError, match="choose chi_separation"):
        init_qsm_wf("best", single_echo=True, separation="r2star_qsm")
    assert "separate_sources" in names(init_qsm_wf("best", single_echo=True, separation="chi_separation"))
