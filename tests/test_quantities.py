"""The vocabulary holds together."""

from nipype_qsm.quantities import VOCABULARY


def test_every_quantity_is_found_under_its_own_name():
    assert all(name == quantity.name for name, quantity in VOCABULARY.items())
    assert all(name.isidentifier() and name == name.lower() for name in VOCABULARY)


def test_every_quantity_says_what_it_means():
    assert all(quantity.meaning for quantity in VOCABULARY.values())
    meanings = [quantity.meaning for quantity in VOCABULARY.values()]
    assert len(set(meanings)) == len(meanings)


def test_masks_have_no_unit_and_are_named_masks():
    masks = [quantity for quantity in VOCABULARY.values() if quantity.mask]
    assert len(masks) >= 5
    assert all(quantity.name.startswith("mask") and not quantity.unit for quantity in masks)


def test_plausible_ranges_are_ranges():
    ranges = [quantity.plausible for quantity in VOCABULARY.values() if quantity.plausible]
    assert all(low < high for low, high in ranges)


def test_fields_and_susceptibilities_are_in_ppm():
    named = [q for q in VOCABULARY.values() if q.name.startswith(("field_", "chi")) and "gradient" not in q.name]
    assert len(named) >= 4
    assert {quantity.unit for quantity in named} == {"ppm"}
