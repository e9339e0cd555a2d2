import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.regions.atlas import atlas

GRID = Grid((12, 12, 6), (1.0, 1.0, 1.0), (0, 0, 1))


def test_every_region_has_mean_deviation_median_and_count(rng):
    labels = np.zeros(GRID.shape, np.float32)
    labels[2:6, 2:6, 1:4], labels[7:11, 2:10, 2:5] = 3, 101
    chi = rng.normal(0.05, 0.02, GRID.shape).astype(np.float32)
    mask = rng.random(GRID.shape) > 0.2
    rows = atlas(labels, chi, mask_tissue=mask, grid=GRID, label_names={3: "nucleus", 101: "tract"}, name="mine")
    assert [(row["atlas"], row["index"], row["region"]) for row in rows] == [
        ("mine", 3, "nucleus"),
        ("mine", 101, "tract"),
    ]
    for row in rows:
        inside = 1000 * chi[(labels == row["index"]) & mask].astype(np.float64)
        assert row["n_voxels"] == inside.size
        np.testing.assert_allclose(
            [row["mean"], row["sd"], row["median"]], [inside.mean(), inside.std(), np.median(inside)]
        )
        assert row["unit"] == "ppb"


def test_a_named_region_that_is_not_there_is_listed_with_the_reason():
    labels = np.zeros(GRID.shape, np.float32)
    labels[2:8, 2:8, 2] = 1
    rows = atlas(labels, None, np.full(GRID.shape, 0.04), grid=GRID, label_names={1: "here", 2: "nowhere"})
    assert [row["region"] for row in rows] == ["here", "nowhere"]
    assert np.isnan(rows[1]["median"])
    assert rows[1]["reason"] == "0 voxels with label 2; 10 are needed"


def test_erosion_takes_a_pixel_off():
    labels = np.zeros(GRID.shape, np.float32)
    labels[2:8, 2:8, 1:4] = 1
    whole, inner = (
        atlas(labels, None, np.full(GRID.shape, 0.04), grid=GRID, erode=erode)[0]["n_voxels"] for erode in (False, True)
    )
    assert (whole, inner) == (6 * 6 * 3, 4 * 4 * 3)
