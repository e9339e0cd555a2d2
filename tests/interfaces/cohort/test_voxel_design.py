import numpy as np
import pandas as pd
import pytest
from bgen_files import layout_2, write_bgen
from voxel_cohort import VoxelCohort

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort import MakeVoxelDesign
from nipype_qsm.interfaces.cohort.voxel_design import file_stem, loaded
from nipype_qsm.kernels.cohort.voxel_design import voxel_design


@pytest.fixture
def cohort(tmp_path, rng):
    return VoxelCohort(tmp_path, rng)


def run(folder, **inputs):
    return MakeVoxelDesign(**inputs).run(cwd=str(folder)).outputs


def test_tables_are_joined_by_id_in_the_order_of_the_store(cohort, tmp_path):
    rows = np.arange(10, 140)
    tables = cohort.tables() | cohort.genetics()
    tables["confounds"] = cohort.table("confounds", cohort.confounds, list("abcd"), rows)
    with pytest.warns(UserWarning, match="130 subjects are in all tables; without a partner: 20 of maps"):
        made = run(tmp_path, **tables, voxels_per_node=100)
    design, facts = loaded(made.design)
    assert facts["subjects"] == [cohort.ids[row] for row in rows]
    assert facts["names"] == ["planted", "nothing-2.0", "rs1_A"]
    assert facts["counts"] == {"maps": 150, "phenotypes": 150, "confounds": 130, "in all tables": 130, "analysed": 130}
    expected = voxel_design(
        *(part[rows] for part in (cohort.phenotypes, cohort.confounds, cohort.dosages, cohort.components))
    )
    np.testing.assert_allclose(design.residuals, expected.residuals, atol=1e-12)
    np.testing.assert_array_equal(design.rank, [4, 4, 6])
    assert made.ranges[0] == [0, 100]
    assert made.ranges[-1][1] == cohort.mask.sum()


def test_subjects_without_a_confound_are_left_out_and_counted(cohort, tmp_path):
    cohort.confounds[3, 1] = np.nan
    with pytest.warns(UserWarning, match="1 of 150 subjects miss a confound, most often b"):
        facts = loaded(run(tmp_path, **cohort.tables()).design)[1]
    assert cohort.ids[3] not in facts["subjects"]
    assert facts["counts"]["analysed"] == 149


def test_subjects_without_dosages_keep_their_phenotypes(cohort, tmp_path):
    tables = cohort.tables() | {"dosages": cohort.table("dosages", cohort.dosages, ["rs1_A"], np.arange(100))}
    residuals = loaded(run(tmp_path, **tables).design)[0].residuals
    np.testing.assert_array_equal((~np.isnan(residuals)).sum(axis=0), [150, 150, 100])


def test_named_variants_are_read_from_genotype_files_by_id(cohort, tmp_path):
    people = list(reversed(cohort.ids[20:]))
    counts = {one: k % 3 for k, one in enumerate(people)}
    stored = {0: (1, 0), 1: (0, 1), 2: (0, 0)}
    variants = [
        ("1", 100 + k, name, ("G", "A"), layout_2([stored[counts[one]] for one in people]))
        for k, name in enumerate(["rs7", "rs8"])
    ]
    path = write_bgen(tmp_path / "one.bgen", variants, people)
    tables = cohort.tables() | {"genotypes": [str(path)]}
    design, facts = loaded(run(tmp_path, **tables, variants=["rs8"]).design)
    assert facts["names"][2:] == ["rs8_A"]
    dosages = np.array([[float(counts.get(one, np.nan))] for one in cohort.ids])
    expected = voxel_design(cohort.phenotypes, cohort.confounds, dosages).residuals
    np.testing.assert_allclose(design.residuals, expected, atol=1e-12)
    with pytest.raises(QSMError, match="0 variants are to be mapped"):
        run(tmp_path, **tables)
    with pytest.raises(QSMError, match="None of the variants"):
        run(tmp_path, **tables, variants=["rs9"])


def test_chosen_columns_are_normalised_on_request(cohort, tmp_path):
    cohort.phenotypes[:, 0] = np.exp(3 * cohort.phenotypes[:, 0])
    made = run(tmp_path, **cohort.tables(), columns=["planted"], normalise=True)
    design, facts = loaded(made.design)
    assert facts["names"] == ["planted"]
    assert np.abs(design.residuals).max() < 4


def test_the_key_changes_with_the_design_alone(cohort, tmp_path):
    tables = cohort.tables()
    first = run(tmp_path, **tables).key
    assert run(tmp_path, **tables, voxels_per_node=50).key == first
    assert run(tmp_path, **tables, n_components=2).key != first
    cohort.phenotypes[0, 0] += 1
    assert run(tmp_path, **cohort.tables()).key != first


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: {"phenotypes": c.table("p", c.phenotypes[:, :1], ["x"], [0, 0, 1])}, "stands in 2 rows"),
        (lambda c: {"columns": ["absent"]}, "has no column absent"),
        (lambda c: {"phenotypes": c.table("p", np.ones((150, 1)), ["flat"])}, "flat: constant"),
        (lambda c: {"phenotypes": c.table("p", c.phenotypes, ["a b", "a_b"])}, "would write the maps of a b"),
    ],
)
def test_bad_tables_are_refused(cohort, tmp_path, change, told):
    with pytest.raises(QSMError, match=told):
        run(tmp_path, **(cohort.tables() | change(cohort)))


def test_nobody_in_common_and_nothing_to_map_are_said(cohort, tmp_path):
    tables = cohort.tables()
    frame = pd.read_csv(tables["phenotypes"], sep="\t")
    frame.assign(eid=frame["eid"] + 5000).to_csv(tables["phenotypes"], sep="\t", index=False)
    with pytest.raises(QSMError, match="No subject is in all tables"):
        run(tmp_path, **tables)
    with pytest.raises(QSMError, match="nothing to map"):
        run(tmp_path, store=tables["store"])


def test_a_name_becomes_a_file_that_any_system_takes():
    assert file_stem("25781-2.0 (left/right)") == "25781-2.0__left_right_"
    assert file_stem("..") == "_"
