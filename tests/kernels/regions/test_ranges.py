from nipype_qsm.kernels.regions.naming import PHENOTYPES
from nipype_qsm.kernels.regions.ranges import USUAL
from nipype_qsm.phantoms.structures import STRUCTURES


def test_every_phenotype_has_a_range():
    assert [row["name"] for row in USUAL] == [one.name for one in PHENOTYPES]
    assert all(row["low"] < row["high"] for row in USUAL)


def test_the_average_digital_subject_lies_inside():
    ranges = {row["name"]: (row["low"], row["high"]) for row in USUAL}
    fluid = STRUCTURES["lateral_ventricle"].chi
    for one in PHENOTYPES:
        structure = STRUCTURES.get(one.region.partition("_")[2])
        if structure is None:
            continue
        value = 1000 * (structure.chi - fluid if one.name.startswith("QSM") else structure.t2star)
        low, high = ranges[one.name]
        assert low < value < high, one.name
