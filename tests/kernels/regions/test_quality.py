import numpy as np
import pytest
from regions_head import GRID, lopsided_head

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.regions.quality import quality


@pytest.fixture(scope="module")
def head():
    chi, valid, labels = lopsided_head()
    brain = np.ones(GRID.shape, bool)
    reliability = np.full((*GRID.shape, 2), 0.95, np.float32)
    return {
        "chi_referenced": chi,
        "mask_tissue": valid & (np.arange(20) > 1),
        "mask_brain": brain,
        "labels": labels,
        "reliability": reliability,
        "field_local": np.random.default_rng(1).normal(0, 0.01, GRID.shape).astype(np.float32),
    }


def flags(rows):
    return {row["name"] for row in rows if row["flag"]}


def test_a_good_subject_has_no_flag_but_the_small_brains(head):
    rows = quality(**head, grid=GRID)
    assert flags(rows) == {"brain_volume"}  # 346 ml: it is a toy
    by_name = {row["name"]: row for row in rows}
    assert np.isclose(by_name["mask_kept"]["value"], 0.9)
    assert by_name["unreliable_echo_2"]["value"] == 0
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows if not row["flag"])


def test_a_wrong_sign_of_the_phase_is_flagged(head):
    assert "iron_contrast" in flags(quality(**{**head, "chi_referenced": -head["chi_referenced"]}, grid=GRID))


def test_a_wrong_registration_is_flagged(head):
    moved = {**head, "labels": np.roll(head["labels"], 3, axis=1)}
    assert "label_fit_displaced" in flags(quality(**moved, grid=GRID))


def test_exchanged_sides_are_flagged(head):
    flipped = {**head, "chi_referenced": head["chi_referenced"][::-1]}
    assert "label_fit_mirrored" in flags(quality(**flipped, grid=GRID))


def test_a_lost_brain_unreliable_phase_and_background_left_over_are_flagged(head):
    bad = {
        **head,
        "mask_tissue": head["mask_brain"] & (np.arange(20) > 8),
        "reliability": np.where(np.arange(2) == 1, 0.3, head["reliability"]).astype(np.float32),
        "field_local": head["field_local"] + np.linspace(-0.1, 0.1, 20, dtype=np.float32),
    }
    assert {"mask_kept", "unreliable_echo_2", "field_residual"} <= flags(quality(**bad, grid=GRID))
    assert "unreliable_echo_1" not in flags(quality(**bad, grid=GRID))


def test_phenotypes_are_held_against_a_reference_table():
    idps = [
        {"name": "QSM_Left_putamen", "value": 90.0, "unit": "ppb"},
        {"name": "QSM_Right_putamen", "value": 41.0, "unit": "ppb"},
        {"name": "QSM_Left_SN", "value": float("nan"), "unit": "ppb"},
    ]
    table = [{"name": f"QSM_{side}_putamen", "mean": 40.0, "sd": 10.0} for side in ("Left", "Right")]
    rows = {row["name"]: row for row in quality(grid=GRID, idps=idps, reference_table=table)}
    assert rows["outlier_QSM_Left_putamen"]["flag"] == 1
    assert (rows["outlier_QSM_Left_putamen"]["low"], rows["outlier_QSM_Left_putamen"]["high"]) == (0, 80)
    assert "outlier_QSM_Right_putamen" not in rows
    assert (rows["idps_outside"]["value"], rows["idps_outside"]["flag"]) == (1, 0)
    assert (rows["idps_missing"]["value"], rows["idps_missing"]["flag"]) == (1, 1)
    limits = [{"name": "QSM_Left_putamen", "low": 0, "high": 100}]
    assert "outlier_QSM_Left_putamen" not in {
        row["name"] for row in quality(grid=GRID, idps=idps, reference_table=limits)
    }


def test_a_number_that_could_not_be_measured_is_flagged(head):
    lost = {**head, "labels": np.where(np.isin(head["labels"], (10, 49)), 0, head["labels"])}
    rows = {row["name"]: row for row in quality(**lost, grid=GRID)}
    assert np.isnan(rows["iron_contrast"]["value"])
    assert rows["iron_contrast"]["flag"] == 1


def test_the_registration_is_judged_by_its_numbers():
    good = quality(grid=GRID, overlap=0.95, offset_mm=1.0, similarity=0.4, similarity_mirrored=0.3, peak_ratio=7.6)
    assert flags(good) == set()
    coarse = quality(
        grid=Grid((8, 8, 8), (3.0, 3.0, 6.0), (0, 0, 1)), offset_mm=8.0, overlap=float("nan"), peak_ratio=3.3
    )
    assert (flags(coarse), len(coarse)) == (set(), 2)
    bad = quality(grid=GRID, overlap=0.7, offset_mm=9.0, similarity=0.3, similarity_mirrored=0.4, peak_ratio=2.9)
    names = ("overlap", "offset", "mirrored", "peak")
    assert flags(bad) == {f"registration_{name}" for name in names}


def test_what_is_not_given_leaves_its_rows_out(head):
    assert quality(grid=GRID) == []
    assert [row["name"] for row in quality(grid=GRID, overlap=0.5)] == ["registration_overlap"]
    names = {row["name"] for row in quality(mask_brain=head["mask_brain"], grid=GRID)}
    assert names == {"brain_volume"}


def test_a_warp_to_the_template_is_judged_by_its_peak():
    rows = {value: quality(grid=GRID, template_peak_ratio=value)[0] for value in (1.4, 5.6)}
    assert [(row["name"], row["flag"]) for row in rows.values()] == [("template_peak", 1), ("template_peak", 0)]
