import numpy as np
import pytest

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.regions.idps import CORE, idps
from nipype_qsm.kernels.regions.naming import PHENOTYPES, STRUCTURES

GRID = Grid((30, 24, 20), (1.0, 1.0, 2.0), (0, 0, 1))
REGIONS = {"nigra_left": (2, 8), "nigra_right": (10, 16)}


@pytest.fixture
def head(rng):
    """Seven structures on each side as blocks, a nigra on each side, lesions in white matter, and noisy maps."""
    labels = np.zeros(GRID.shape, np.float32)
    for place, (left, right) in enumerate(STRUCTURES.values()):
        labels[1:6, 3 * place : 3 * place + 3, 2:8] = left
        labels[24:29, 3 * place : 3 * place + 3, 2:8] = right
    blocks = {name: np.zeros(GRID.shape, np.float32) for name in (*REGIONS, "mask_lesions", "mask_white_matter")}
    for name, (start, stop) in REGIONS.items():
        blocks[name][start:stop, 2:8, 12:16] = 0.8
    blocks["mask_lesions"][18:21, 10:14, 12:16] = 1
    blocks["mask_white_matter"][18:28, 2:20, 10:19] = 1
    return {
        "chi_referenced": rng.normal(0.02, 0.03, GRID.shape).astype(np.float32),
        "t2star": rng.uniform(0.02, 0.06, GRID.shape).astype(np.float32),
        "mask_tissue": rng.random(GRID.shape) > 0.1,
        "labels": labels,
        **blocks,
    }


def values(rows, column="value"):
    return {row["name"]: row[column] for row in rows}


def test_a_structure_gives_the_median_of_its_inner_voxels(head):
    found = idps(**head, grid=GRID)
    inner = np.zeros(GRID.shape, bool)
    inner[2:5, 10, 2:8] = True  # the pallidum, left: 5 x 3 pixels without their outline
    assert (head["labels"][inner] == 13).all()
    chi, t2star = head["chi_referenced"][inner & head["mask_tissue"]], head["t2star"][inner]
    assert np.isclose(values(found.idps)["QSM_Left_pallidum"], 1000 * np.median(chi.astype(np.float64)))
    assert values(found.idps, "n_voxels")["QSM_Left_pallidum"] == chi.size
    assert np.isclose(values(found.idps)["T2_Left_pallidum"], 1000 * np.median(t2star.astype(np.float64)))


def test_uk_biobanks_t2star_is_of_the_whole_structure_with_zeros_counted(head):
    head["t2star"][1:6, 9:12, 2:5] = 0
    whole = head["labels"] == 13
    expected = 1000 * np.median(head["t2star"][whole].astype(np.float64))
    found = idps(**head, grid=GRID, erode_t2star=False, zeros_in_t2star=True)
    assert np.isclose(values(found.idps)["T2_Left_pallidum"], expected)
    core = {row["region"]: row for row in found.regions if row["atlas"] == CORE}
    assert len(core) == 14
    assert np.isclose(core["left_pallidum"]["median"], expected)
    without = idps(**head, grid=GRID, erode_t2star=False)
    positive = head["t2star"][whole & (head["t2star"] > 0)].astype(np.float64)
    assert np.isclose(values(without.idps)["T2_Left_pallidum"], 1000 * np.median(positive))


def test_the_nigra_leaves_out_negative_susceptibility_and_t2star_follows_it(head):
    found = idps(**head, grid=GRID)
    kept = (head["nigra_left"] > 0.5) & head["mask_tissue"] & (head["chi_referenced"] >= 0)
    dropped = (head["nigra_left"] > 0.5) & (head["chi_referenced"] < 0)
    assert dropped.any()
    assert np.isclose(values(found.idps)["QSM_Left_SN"], 1000 * np.median(head["chi_referenced"][kept]), rtol=1e-5)
    assert np.isclose(values(found.idps)["T2_Left_SN"], 1000 * np.median(head["t2star"][kept]), rtol=1e-5)
    own = idps(**head, grid=GRID, nigra_same_voxels=False)
    every = head["t2star"][head["nigra_left"] > 0.5]
    assert np.isclose(values(own.idps)["T2_Left_SN"], 1000 * np.median(every), rtol=1e-5)
    whole = idps(**head, grid=GRID, nigra_drop_negative=False)
    assert values(whole.idps, "n_voxels")["QSM_Left_SN"] > values(found.idps, "n_voxels")["QSM_Left_SN"]


def test_the_nigra_can_stand_in_the_label_image(head):
    masks = {name: head.pop(name) for name in ("nigra_left", "nigra_right")}
    numbered = head["labels"].copy()
    numbered[masks["nigra_left"] > 0.5] = 27
    numbered[masks["nigra_right"] > 0.5] = 59
    from_labels = idps(**{**head, "labels": numbered}, grid=GRID)
    from_masks = idps(**{**head, "labels": numbered}, **masks, grid=GRID)
    assert from_labels.idps == from_masks.idps
    assert np.isfinite(values(from_labels.idps)["QSM_Left_SN"])
    assert values(idps(**head, grid=GRID).idps, "reason")["QSM_Left_SN"] == "nigra_left was not given"


def test_lesions_are_set_against_normal_appearing_white_matter(head):
    head["mask_bianca"] = head["mask_white_matter"] * (np.arange(GRID.shape[1]) < 15)[None, :, None]
    found = idps(**head, grid=GRID)
    lesions = (head["mask_lesions"] > 0) & head["mask_tissue"]
    normal = (head["mask_bianca"] > 0) & (head["mask_lesions"] == 0) & head["mask_tissue"]
    chi = head["chi_referenced"].astype(np.float64)
    assert np.isclose(values(found.idps)["QSM_WMH"], 1000 * (chi[lesions].mean() - np.median(chi[normal])))
    assert values(found.idps)["WMH_volume"] == 3 * 4 * 4 * 2  # mm3


def test_the_zero_of_susceptibility_drops_out_of_the_lesions_difference(head):
    shifted = {**head, "chi_referenced": head["chi_referenced"] + np.float32(0.1)}
    first, second = (values(idps(**one, grid=GRID).idps) for one in (head, shifted))
    assert np.isclose(first["QSM_WMH"], second["QSM_WMH"], atol=1e-3)
    assert np.isclose(first["QSM_Left_caudate"] + 100, second["QSM_Left_caudate"], atol=1e-3)


def test_all_35_are_there_in_order_whatever_is_missing(head):
    expected = [one.name for one in PHENOTYPES]
    full = idps(**head, grid=GRID)
    assert [row["name"] for row in full.idps] == expected
    assert np.isfinite([row["value"] for row in full.idps]).all()
    few = idps(head["chi_referenced"], labels=head["labels"], grid=GRID)
    assert [row["name"] for row in few.idps] == expected
    reasons = values(few.idps, "reason")
    assert reasons["QSM_Left_thalamus"] == ""
    assert reasons["QSM_Left_SN"] == "nigra_left was not given"
    assert reasons["QSM_WMH"] == reasons["WMH_volume"] == "mask_lesions was not given"
    assert reasons["T2_Right_putamen"] == "t2star was not given"
    assert np.isnan(values(few.idps)["T2_Right_putamen"])


def test_a_missing_or_tiny_structure_has_no_number_but_a_reason(head):
    head["labels"][head["labels"] == 17] = 0
    head["mask_tissue"][head["labels"] == 53] = False
    found = idps(**head, grid=GRID)
    assert np.isnan(values(found.idps)["QSM_Left_hippocampus"])
    assert values(found.idps, "reason")["QSM_Left_hippocampus"] == "0 voxels with label 17; 10 are needed"
    assert values(found.idps, "reason")["QSM_Right_hippocampus"] == "0 voxels with a value; 10 are needed"
    assert np.isfinite(values(found.idps)["T2_Right_hippocampus"])


def test_a_subject_without_lesions_has_a_volume_of_zero_and_no_difference(head):
    head["mask_lesions"][:] = 0
    found = idps(**head, grid=GRID)
    assert values(found.idps)["WMH_volume"] == 0
    assert np.isnan(values(found.idps)["QSM_WMH"])
    assert values(found.idps, "reason")["QSM_WMH"] == "0 voxels of lesions with a value; 10 are needed"


def test_the_confound_of_a_phenotype_is_taken_on_its_own_voxels(head, rng):
    maps = {name: rng.uniform(0, 3, GRID.shape).astype(np.float32) for name in ("field_gradient", "dephasing_rate")}
    found = idps(**head, **maps, grid=GRID)
    rows = {row["name"]: row for row in found.confounds}
    assert list(rows) == [one.name for one in PHENOTYPES[17:34]]
    inner = np.zeros(GRID.shape, bool)
    inner[2:5, 10, 2:8] = True
    expected = np.median(maps["field_gradient"][inner].astype(np.float64))
    assert np.isclose(rows["T2_Left_pallidum"]["gradient_hz_per_mm"], expected)
    assert all(row["reason"] == "" for row in rows.values())
    lesions, normal = head["mask_lesions"] > 0, (head["mask_white_matter"] > 0) & (head["mask_lesions"] == 0)
    rate = maps["dephasing_rate"].astype(np.float64)
    expected = rate[lesions].mean() - np.median(rate[normal])
    assert np.isclose(rows["T2_WMH"]["dephasing_rate_per_s"], expected)
    bare = idps(**head, grid=GRID).confounds
    assert {row["reason"] for row in bare} == {"field_gradient or dephasing_rate was not given"}


def test_the_slice_axis_follows_the_grid(head):
    turned = {name: np.moveaxis(volume, 2, 0) for name, volume in head.items()}
    grid = Grid(turned["labels"].shape, (2.0, 1.0, 1.0), (1, 0, 0))
    first, second = idps(**head, grid=GRID), idps(**turned, grid=grid)
    assert first.idps == second.idps


def test_inputs_are_left_alone(head):
    before = {name: volume.copy() for name, volume in head.items()}
    idps(**head, grid=GRID)
    for name, volume in head.items():
        np.testing.assert_array_equal(volume, before[name])
