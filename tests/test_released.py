"""Released maps, as the pipeline takes them."""

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.io import load_volume
from nipype_qsm.released import released_maps
from nipype_qsm.ukb import Visit

SHAPE = (6, 7, 8)


@pytest.fixture
def visit(tmp_path, rng):
    """A visit with maps in released units, and the mask beside them."""
    folder = tmp_path / "1000010_2" / "QSM"
    folder.mkdir(parents=True)
    mask = rng.random(SHAPE) < 0.7
    volumes = {"QSM": 50 * rng.standard_normal(SHAPE) * mask, "T2star": np.full(SHAPE, 40.0), "QSM_mask": mask}
    for name, volume in volumes.items():
        nib.save(nib.Nifti1Image(volume.astype(np.float32), np.eye(4)), folder / f"{name}.nii.gz")
    return Visit("1000010_2", folder.parent), volumes


def test_maps_come_in_our_units_with_every_file_that_was_read(visit, tmp_path):
    visit, volumes = visit
    maps, used = released_maps(visit, tmp_path / "work")
    assert set(maps) == {"chi", "t2star", "mask_tissue"}
    np.testing.assert_allclose(load_volume(maps["chi"], "chi")[0], volumes["QSM"] / 1000, rtol=1e-5)
    np.testing.assert_allclose(load_volume(maps["t2star"], "t2star")[0], 0.04)
    np.testing.assert_array_equal(load_volume(maps["mask_tissue"], "mask_tissue")[0], volumes["QSM_mask"])
    assert sorted(path.name for path in used) == ["QSM.nii.gz", "QSM_mask.nii.gz", "T2star.nii.gz"]


def test_without_a_mask_the_map_says_where_it_holds(visit, tmp_path):
    visit, volumes = visit
    visit.find("released_mask").unlink()
    maps, _ = released_maps(visit, tmp_path / "work")
    np.testing.assert_array_equal(load_volume(maps["mask_tissue"], "mask_tissue")[0], volumes["QSM"] != 0)
