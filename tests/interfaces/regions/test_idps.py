import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import GeometryError, MetadataError
from nipype_qsm.geometry import Grid
from nipype_qsm.interfaces.regions import REGIONS, IDPs
from nipype_qsm.io import load_volume
from nipype_qsm.kernels.regions.idps import idps
from nipype_qsm.tables import read_rows


def test_files_in_tables_out_as_the_kernel_computes_them(head_files):
    outputs = IDPs(**head_files, nigra_space="subject").run().outputs
    rows = read_rows(outputs.idps, ["name", "value", "unit", "n_voxels", "reason"])
    arrays = {name: load_volume(path, name)[0] for name, path in head_files.items()}
    image = nib.load(head_files["labels"])
    expected = idps(**arrays, grid=Grid.from_affine(image.shape, image.affine))
    assert [row["name"] for row in rows] == [row["name"] for row in expected.idps]
    values = [row["value"] for row in rows]
    np.testing.assert_allclose(values, [row["value"] for row in expected.idps], rtol=1e-6)
    assert len(read_rows(outputs.regions)) == len(expected.regions)
    assert [row["name"] for row in read_rows(outputs.confounds)] == [row["name"] for row in expected.confounds]


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["idps"] is IDPs


def test_a_nigra_whose_space_nobody_tells_is_refused(head_files):
    with pytest.raises(GeometryError, match=r"in which space nigra_left lies.*--nigra-space"):
        IDPs(**head_files).run()


def test_a_nigra_of_another_space_is_refused_wherever_that_is_written(head_files):
    for given in ({"nigra_space": "MNI152NLin6Asym"}, {"nigra_space": "subject", "space": "MNI152NLin6Asym"}):
        with pytest.raises(GeometryError, match="lies in the space"):
            IDPs(**head_files, **given).run()
    Path(head_files["nigra_right"]).with_suffix(".json").write_text(json.dumps({"Space": "ICBM2009cAsym"}))
    with pytest.raises(GeometryError, match="nigra_right lies in the space MNI152NLin2009cAsym, the maps in subject"):
        IDPs(**head_files, nigra_space="subject").run()


def test_maps_and_nigra_of_one_template_belong_together(head_files):
    moved = dict(head_files)
    for name in ("chi_referenced", "nigra_left", "nigra_right"):
        moved[name] = shutil.copy(head_files[name], Path(head_files[name]).with_name(f"tpl-MNI152NLin6Asym_{name}.nii"))
    rows = read_rows(IDPs(**moved).run().outputs.idps)
    assert np.isfinite(next(row["value"] for row in rows if row["name"] == "QSM_Left_SN"))


def test_a_mask_of_another_grid_is_refused(head_files, write_nifti):
    small = write_nifti("small.nii", np.ones((4, 4, 4), np.float32))
    with pytest.raises(GeometryError, match="mask_lesions is"):
        IDPs(**{**head_files, "mask_lesions": small}, nigra_space="subject").run()


def test_without_a_map_there_is_nothing_to_measure(head_files):
    with pytest.raises(MetadataError, match="Neither chi_referenced nor t2star"):
        IDPs(labels=head_files["labels"]).run()
