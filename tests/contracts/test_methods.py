"""Every registered method keeps its promises; those that Nipype asks of it are in test_nipype_rules.py."""

import inspect

from inventory import all_methods, input_ports, methods, offenders, output_ports
from nipype.interfaces.base import File, InputMultiObject, OutputMultiObject

from nipype_qsm.interfaces.rooms import ROOMS, TABLE_ROOMS
from nipype_qsm.quantities import VOCABULARY
from nipype_qsm.reports.citations import SENTENCES

METHODS = all_methods()
FROM_VOLUMES = methods()
EVERYWHERE = {**ROOMS, **TABLE_ROOMS}
WITH_KERNEL = [method for method in METHODS if hasattr(method[2], "_kernel")]
FROM_TABLES = {
    # room/method: arrays and names that the interface takes out of its tables
    "cohort/associate": {"rank_idps", "rank_phenotypes"},
    "cohort/confounds": {"clock", "categorical_names", "continuous_names"},
    "cohort/deconfound": {"extra"},
    "cohort/unique_phenotypes": {"categories"},
}
NOT_A_VOLUME = {
    "series": "the table of files that the reading step writes",
    "reference": "an image whose grid alone is read",
    **dict.fromkeys(("transforms", "initial", "matrix", "matrix_inverted", "warp", "t1_to_mni"), "a transform"),
}


def kernel_options(interface):
    """Return the parameters of the kernel that have a default."""
    parameters = inspect.signature(interface._kernel).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def plain(value):
    """Return a list for any sequence, so that equal options compare equal."""
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def test_every_room_has_a_method():
    assert {step for step, _, _ in METHODS} == set(EVERYWHERE)


def test_the_default_of_an_option_is_its_kernels():
    def wrong(method):
        inputs = method[2].input_spec()
        differ = {}
        for name, default in kernel_options(method[2]).items():
            trait = inputs.trait(name)
            if trait and trait.usedefault and plain(getattr(inputs, name)) != plain(default):
                differ[name] = (getattr(inputs, name), default)
        return differ

    assert offenders(WITH_KERNEL, wrong) == {}


def test_every_option_of_the_kernel_can_be_set():
    def wrong(method):
        # Counts (n_echoes) are facts of the series, which the interface knows.
        options = {name for name in kernel_options(method[2]) if not name.startswith("n_")}
        return options - set(input_ports(method[2])) - FROM_TABLES.get("/".join(method[:2]), set())

    assert offenders(WITH_KERNEL, wrong) == {}


def test_every_volume_that_is_given_is_in_the_vocabulary():
    def wrong(method):
        return [
            name
            for name, trait in output_ports(method[2]).items()
            if isinstance(trait.trait_type, (File, OutputMultiObject))
            and name not in NOT_A_VOLUME
            and not trait.table
            and (trait.quantity not in VOCABULARY or trait.quantity != name)
        ]

    assert offenders(FROM_VOLUMES, wrong) == {}


def test_every_volume_that_is_taken_is_in_the_vocabulary():
    def wrong(method):
        return [
            name
            for name, trait in input_ports(method[2]).items()
            if isinstance(trait.trait_type, (File, InputMultiObject))
            and name not in NOT_A_VOLUME
            and not trait.table
            and method[0] != "reading"
            and trait.quantity not in VOCABULARY
        ]

    assert offenders(FROM_VOLUMES, wrong) == {}


def test_a_port_of_one_name_means_one_thing_everywhere():
    meanings = {}
    for _, _, interface in METHODS:
        for name, trait in {**input_ports(interface), **output_ports(interface)}.items():
            if trait.quantity:
                meanings.setdefault(name, set()).add(trait.quantity)
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_the_first_line_of_a_method_is_a_sentence_that_begins_with_a_verb():
    def wrong(method):
        first = (method[2].__doc__ or "none").strip().splitlines()[0]
        return (first.split()[0].lower() in {"the", "a", "an", "this"} or not first.endswith(".")) and first

    assert offenders(METHODS, wrong) == {}


def test_the_number_of_threads_does_not_change_the_cache_key():
    def wrong(method):
        two = method[2].input_spec()
        two.num_threads = two.num_threads + 1
        return two.get_hashval()[1] != method[2].input_spec().get_hashval()[1]

    assert offenders(WITH_KERNEL, wrong) == {}


NO_SENTENCE = {
    "coils/phase_difference": "a part of mcpc3ds, which has one",
}


def test_the_report_has_a_sentence_and_references_for_every_method_that_makes_a_map():
    def wrong(method):
        step, name, _ = method
        return step in SENTENCES and name not in SENTENCES[step] and f"{step}/{name}" not in NO_SENTENCE

    assert offenders(METHODS, wrong) == {}


def test_the_memory_of_a_method_is_counted_on_ports_that_it_has():
    def unknown(method):
        memory = getattr(method[2], "memory", None)
        return sorted(set(memory.input_multipliers if memory else ()) - set(input_ports(method[2])))

    assert offenders(METHODS, unknown) == {}
