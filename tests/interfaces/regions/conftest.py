import numpy as np
import pytest
from regions_head import GRID, lopsided_head

AFFINE = np.diag([*GRID.voxel_size, 1.0])


@pytest.fixture
def head_files(tmp_path, monkeypatch, write_nifti):
    """Write the lopsided head as files, with a nigra, lesions and white matter; nodes run in a folder beside them."""
    chi, mask, labels = lopsided_head()
    (tmp_path / "node").mkdir()
    monkeypatch.chdir(tmp_path / "node")
    empty = np.zeros(GRID.shape, np.float32)
    blocks = {name: empty.copy() for name in ("nigra_left", "nigra_right", "mask_lesions", "mask_white_matter")}
    blocks["nigra_left"][10:14, 14:18, 8:12] = 0.9
    blocks["nigra_right"][22:27, 15:19, 8:12] = 0.9
    blocks["mask_lesions"][4:9, 28:32, 8:12] = 1
    blocks["mask_white_matter"][2:38, 28:35, 4:16] = 1
    volumes = {
        "chi_referenced": chi,
        "t2star": np.full(GRID.shape, 0.04, np.float32),
        "mask_tissue": mask,
        "labels": labels.astype(np.float32),
        **blocks,
    }
    return {name: write_nifti(f"{name}.nii", volume, AFFINE) for name, volume in volumes.items()}
