from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from voxel_cohort import AFFINE, SHAPE, VoxelCohort

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort import DrawVoxelFigures

HEAD = "name\tn\tfdr\tbonferroni\tn_fdr\tn_bonferroni\tpeak_r\tpeak_mlog10p"


@pytest.fixture
def given(tmp_path, rng):
    cohort = VoxelCohort(tmp_path, rng, n=5)

    def save(name, volume):
        nib.save(nib.Nifti1Image(np.asarray(volume, np.float32), AFFINE), tmp_path / f"{name}.nii.gz")
        return str(tmp_path / f"{name}.nii.gz")

    maps = []
    for name, strength in (("weak", 0.1), ("strong", 0.6)):
        r = np.where(cohort.mask, rng.normal(0, 0.02, SHAPE) + strength * cohort.planted, 0)
        r[tuple(np.argwhere(cohort.mask)[0])] = np.nan  # too few subjects there
        maps += [save(f"{name}_r", r), save(f"{name}_mlog10p", 100 * r**2), save(f"{name}_n", cohort.mask * 900)]
    rows = [HEAD, "weak\t900\tinf\t3.5\t0\t0\t0.11\t1.2", "strong\t900\t1.5\t3.5\t20\t20\t0.62\t38"]
    (tmp_path / "summary.tsv").write_text("\n".join(rows) + "\n")
    return {"store": str(cohort.path), "maps": maps, "summary": str(tmp_path / "summary.tsv")}, save


def test_the_strongest_variables_get_figures_and_all_are_on_the_page(given, tmp_path):
    made = DrawVoxelFigures(**given[0], n_figures=1).run(cwd=str(tmp_path)).outputs
    names = {path.rpartition("/")[2] for path in made.figures}
    assert names == {f"strong_{kind}.{ending}" for kind in ("orthogonal", "mosaic") for ending in ("png", "pdf")}
    text = Path(made.page).read_text(encoding="utf-8")
    assert '"name":"strong"' in text
    assert '"name":"weak"' in text


def test_a_background_on_another_grid_is_refused(given, tmp_path):
    inputs, save = given
    with pytest.raises(QSMError, match="background"):
        DrawVoxelFigures(**inputs, background=save("other", np.ones((3, 3, 3)))).run(cwd=str(tmp_path))
