import numpy as np

from nipype_qsm.phantoms.structures import NUCLEI, STRUCTURES, label_names, structures_of


def test_every_number_names_one_structure():
    numbers = [n for structure in STRUCTURES.values() for n in structure.numbers]
    assert len(numbers) == len(set(numbers))
    assert label_names()[13] == "left_pallidum"
    assert label_names()[52] == "right_pallidum"


def test_subjects_differ_in_iron_and_subject_zero_is_the_average():
    assert structures_of(0) == STRUCTURES
    first, second = structures_of(1), structures_of(2)
    factors = np.array([[s[name].chi / STRUCTURES[name].chi for name in NUCLEI] for s in (first, second)])
    assert np.all(np.abs(np.log(factors)) < 0.4)  # five standard deviations
    assert np.all(np.abs(factors[0] - factors[1]) > 1e-6)
    assert first["white_matter"] == STRUCTURES["white_matter"]


def test_more_iron_means_a_shorter_t2star():
    own = structures_of(5)
    for name in NUCLEI:
        more_iron = own[name].chi > STRUCTURES[name].chi
        assert more_iron == (own[name].t2star < STRUCTURES[name].t2star)
