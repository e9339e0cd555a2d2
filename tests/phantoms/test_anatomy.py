import hashlib

import numpy as np
import pytest

from nipype_qsm.io import read_array, read_frame
from nipype_qsm.phantoms.anatomy import DATA, SPACE, anatomy, overlap_record
from nipype_qsm.phantoms.structures import NUCLEI, STRUCTURES, label_names


@pytest.fixture(scope="module")
def head():
    return anatomy(1, 2)


def test_the_shipped_anatomy_is_small_and_shares_one_grid_in_one_named_space():
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 3e6
    frames = [read_frame(DATA / f"{name}.nii.gz") for name in ("labels", "grey_matter", "white_matter")]
    for frame in frames[1:]:
        frames[0].require_same(frame, "tissue")
    assert overlap_record()["space"] == SPACE == "MNI152NLin2009cAsym"


def test_the_overlap_record_belongs_to_the_shipped_data():
    record = overlap_record()
    labels = read_array(DATA / "labels.nii.gz", np.uint8)
    for name, volumes in record["volume_mm3"].items():
        if name != "brain":
            assert [int((labels == k).sum()) for k in STRUCTURES[name].numbers] == volumes
    assert int(((labels > 0) & (labels < 200)).sum()) == record["volume_mm3"]["brain"]
    with np.load(DATA / "warp_2009c_to_sym09a.npz") as warp:
        length = np.linalg.norm(warp["displacement_centi_mm"] / 100, axis=0)
    assert length.max() >= record["warp_mm"]["largest"] - 0.5
    checksums = {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in record["sha256"]}
    assert checksums == record["sha256"]


def test_each_transform_brings_the_templates_closer():
    stages = overlap_record()["overlap"]
    for measure in ("t1_correlation_in_brain", "white_matter", "grey_and_white_matter"):
        values = [stages[stage][measure] for stage in ("identity", "affine", "affine and warp")]
        assert values == sorted(values)
        assert values[0] < values[2]


def test_every_label_has_a_name(head):
    assert set(np.unique(head.labels)) - {0} <= set(label_names())


@pytest.mark.parametrize("name", ["pallidum", "dentate_nucleus", "thalamus", "lateral_ventricle"])
def test_a_structure_holds_its_own_susceptibility(head, name):
    inside = np.isin(head.labels, STRUCTURES[name].numbers)
    mean = head.chi[inside].mean()
    # Borders are soft and texture does not quite average out; measured 2.1 ppb off at most, in the dentate.
    assert mean == pytest.approx(head.structures[name].chi, abs=0.005)


def test_white_matter_is_diamagnetic_against_grey_and_lesions_lie_between(head):
    mean = {
        name: head.chi[head.labels == STRUCTURES[name].numbers[0]].mean() for name in ("grey_matter", "white_matter")
    }
    assert mean["white_matter"] < -0.015 < 0.01 < mean["grey_matter"]
    lesions = head.labels == STRUCTURES["white_matter_lesion"].numbers[0]
    assert mean["white_matter"] < head.chi[lesions].mean() < mean["grey_matter"]
    assert 0.3 < lesions.sum() * 8e-3 < 30  # mL


def test_left_lies_on_the_left(head):
    for name in NUCLEI:
        left, right = STRUCTURES[name].numbers
        x = [np.argwhere(head.labels == n)[:, 0].mean() * head.affine[0, 0] + head.affine[0, 3] for n in (left, right)]
        assert x[0] < -3 < 3 < x[1]


def test_two_people_have_different_folds_and_the_same_person_the_same():
    first, second = anatomy(1, 2), anatomy(2, 2)
    assert not np.array_equal(first.labels, second.labels)
    anatomy.cache_clear()
    again = anatomy(1, 2)
    assert again is not first
    assert np.array_equal(again.chi, first.chi)


def test_no_bone_or_air_touches_the_brain(head):
    inner = head.chi[head.brain]
    assert -0.1 < inner.min() < inner.max() < 0.25  # measured -0.059 and 0.160
