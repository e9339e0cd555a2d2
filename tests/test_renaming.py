"""Results under another convention's name and in its unit, and back."""

import numpy as np
import pytest

from nipype_qsm.errors import ImageError, UnitsError
from nipype_qsm.geometry import Frame
from nipype_qsm.io import load_volume, read_array, read_sidecar, save_volume, sidecar_path, write_json
from nipype_qsm.renaming import Renamed, as_ours, renamed

FRAME = Frame((3, 4, 5), np.eye(4))
UNITS = [
    ("chi", "ppb", {}, 1000.0),
    ("t2star", "ms", {}, 1000.0),
    ("r2star", "1/ms", {}, 1e-3),
    ("field_total", "Hz", {"field_strength": 3.0}, 127.732435554),
    ("chi", "ppm", {}, 1.0),
    ("s0", "", {}, 1.0),
]


@pytest.fixture
def delivered(tmp_path, rng):
    """Deliver a volume of a quantity, and return its values."""

    def deliver(quantity):
        values = rng.uniform(0.01, 0.1, FRAME.shape).astype(np.float32)
        path = save_volume(values, FRAME, tmp_path / f"{quantity}.nii.gz", quantity)
        write_json({"Quantity": quantity, "Units": "ours"}, sidecar_path(path))
        return values

    return deliver


@pytest.mark.parametrize(("quantity", "unit", "facts", "factor"), UNITS)
def test_numbers_and_side_car_get_the_new_unit(delivered, tmp_path, quantity, unit, facts, factor):
    values = delivered(quantity)
    target = tmp_path / "there" / "name.nii.gz"
    assert renamed(tmp_path, Renamed(quantity, quantity, unit), target, {"Said": 1}, **facts) == target
    np.testing.assert_allclose(read_array(target), factor * values, rtol=1e-5)
    assert read_sidecar(target) == {"Quantity": quantity, "Units": unit or "1", "Said": 1}


def test_what_was_not_delivered_is_not_renamed(tmp_path):
    assert renamed(tmp_path, Renamed("chi", "chi", "ppb"), tmp_path / "x.nii", {}) is None
    assert list(tmp_path.iterdir()) == []


def test_hertz_need_the_field_strength(delivered, tmp_path):
    delivered("field_total")
    with pytest.raises(UnitsError, match=r"ppm cannot be converted into Hz.*field strength"):
        renamed(tmp_path, Renamed("field_total", "field_total", "Hz"), tmp_path / "x.nii", {})


@pytest.mark.parametrize(
    ("quantity", "unit", "factor"), [("chi", "ppb", 1000), ("t2star", "ms", 1000), ("chi", "ppm", 1)]
)
def test_anothers_volume_comes_back_in_our_unit(write_nifti, tmp_path, rng, quantity, unit, factor):
    values = rng.uniform(0.01, 0.1, FRAME.shape).astype(np.float32)
    found = as_ours(write_nifti("theirs.nii", factor * values), unit, quantity, tmp_path / "ours.nii")
    np.testing.assert_allclose(load_volume(found, quantity)[0], values, rtol=1e-5)


def test_numbers_that_cannot_be_in_the_unit_are_refused(write_nifti, tmp_path):
    theirs = write_nifti("theirs.nii", np.full(FRAME.shape, 40.0, np.float32))
    with pytest.raises(ImageError, match="taken as s"):
        as_ours(theirs, "s", "t2star", tmp_path / "ours.nii")
    assert not (tmp_path / "ours.nii").exists()
