import numpy as np
import pytest

from nipype_qsm.reports.checks import Measured, checks, reference_ppb
from nipype_qsm.reports.measures import MaskShape, MaskStep, Spread

BRAIN = MaskStep("mask_brain", 1_400_000, 0, 0)


def test_nothing_measured_asks_nothing():
    assert checks(Measured(), {}) == []


def test_numbers_of_a_good_subject_are_all_good():
    masks = [MaskStep("mask_brain", 1_400_000, 0, 0), MaskStep("mask_tissue", 1_200_000, 200_000, 0)]
    measured = Measured(
        masks=masks,
        voxel_ml=0.001,
        mask_shape=MaskShape(0.965, 1.25),
        shading=1.7,
        phase_span={1: 6.28, 2: 6.28},
        jumps={1: 0.0},
        chi=Spread(9, 0.0, 30.0, -60.0, 10.0, 90.0),
        chi_beyond=0.01,
        t2star=Spread(9, 50.0, 10.0, 20.0, 50.0, 75.0),
    )
    summary = {"convergence": {"converged": True}, "reference": {"n_voxels": 812, "method": "csf"}}
    found = checks(measured, summary)
    assert len(found) == 11
    assert all(check.good for check in found)
    assert "1400 ml" in [check.answer for check in found]
    assert "86%" in [check.answer for check in found]


@pytest.mark.parametrize(
    ("measured", "summary", "question"),
    [
        (Measured(masks=[MaskStep("mask_brain", 700, 0, 0)], voxel_ml=1.0), {}, "Brain mask"),
        (
            Measured(masks=[MaskStep("mask_brain", 100, 0, 0), MaskStep("mask_tissue", 70, 30, 0)]),
            {},
            "Brain with a susceptibility",
        ),
        (Measured(masks=[BRAIN], mask_shape=MaskShape(0.9, 1.25)), {}, "Brain mask, left as right"),
        (Measured(masks=[BRAIN], mask_shape=MaskShape(0.97, 0.95)), {}, "Brain mask, length by width"),
        (Measured(masks=[BRAIN], shading=6.4), {}, "Shading of the magnitude"),
        (Measured(phase_span={1: 2 * np.pi, 2: 2.0}), {}, "Range of the wrapped phase"),
        (Measured(jumps={1: 0.0, 2: 0.02}), {}, "Jumps left by unwrapping"),
        (Measured(), {"convergence": {"converged": False}}, "Inversion converged"),
        (Measured(), {"reference": {"n_voxels": 12, "method": "csf"}}, "Reference (csf)"),
        (Measured(), {"reference": {"n_voxels": 500_000, "method": "brain"}}, "Reference (brain)"),
        (Measured(chi=Spread(9, 0, 1, 0, 0, 0), chi_beyond=0.2), {}, "Susceptibility beyond the window"),
        (Measured(t2star=Spread(9, 5, 1, 5, 5.0, 5)), {}, "Median T2*"),
    ],
)
def test_each_unusual_number_is_pointed_at(measured, summary, question):
    found = checks(measured, summary)
    assert [check.question for check in found if not check.good] == [question]


@pytest.mark.parametrize("nonsense", [None, "text", [1], {"n_voxels": "many", "converged": "maybe"}])
def test_a_summary_that_is_not_understood_asks_nothing(nonsense):
    assert checks(Measured(), {"convergence": nonsense, "reference": nonsense}) == []


def test_the_reference_value_is_told_in_ppb():
    assert reference_ppb({"value_ppm": 0.012}) == pytest.approx(12.0)
    assert reference_ppb({"value_ppm": float("nan")}) is None
    assert reference_ppb({}) is None
    assert reference_ppb(None) is None
