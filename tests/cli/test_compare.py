"""`nipype-qsm compare`: units from names and side-cars, one grid, tables subject by subject."""

import numpy as np
import pytest

from nipype_qsm.cli.main import main
from nipype_qsm.geometry import Frame
from nipype_qsm.io import save_volume, sidecar_path, write_json
from nipype_qsm.tables import read_rows

SHAPE = (12, 14, 10)


@pytest.fixture
def write(tmp_path, rng):
    """Write a map below the test's folder."""
    chi = (0.05 * rng.standard_normal(SHAPE)).astype(np.float32)

    def save(name, factor=1.0, units=None, shape=SHAPE):
        path = tmp_path / name
        values = factor * chi[: shape[0]]
        save_volume(values, Frame(values.shape, np.diag([2.0, 2, 2, 1])), path, "chi")
        if units:
            write_json({"Units": units}, sidecar_path(path))
        return path

    return save


def test_ppb_of_uk_biobank_and_ppm_of_ours_meet_in_one_unit(write, tmp_path):
    write("theirs/SWI/QSM/QSM_CSFref.nii.gz", 1000)
    write("ours/chi_referenced.nii.gz", 1.1, "ppm")
    command = ["compare", tmp_path / "ours", tmp_path / "theirs", "--out", tmp_path / "out"]
    assert main([str(each) for each in command]) == 0
    (row,) = read_rows(tmp_path / "out" / "comparison.tsv")
    assert row["slope"] == pytest.approx(1.1, rel=1e-5)
    assert row["r"] == pytest.approx(1)
    assert (tmp_path / "out" / "comparison.png").is_file()


def test_a_map_whose_unit_nobody_tells_is_refused(write, refused, tmp_path):
    one, two = write("a.nii.gz"), write("b.nii.gz", 1, "ppm")
    said = refused(["compare", one, two, "--out", tmp_path / "out"])
    assert "Nothing tells the unit of" in said
    assert "--unit-ours" in said
    assert main(["compare", str(one), str(two), "--unit-ours", "ppm", "--out", str(tmp_path / "out")]) == 0


def test_maps_on_two_grids_are_refused(write, refused, tmp_path):
    one, two = write("a.nii.gz", 1, "ppm"), write("b.nii.gz", 1, "ppm", (11, 14, 10))
    assert "THEIRS is (11, 14, 10)" in refused(["compare", one, two, "--out", tmp_path / "out"])
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_map_or_with_several_is_refused(write, refused, tmp_path):
    (tmp_path / "empty").mkdir()
    one = write("a.nii.gz", 1, "ppm")
    assert "holds no susceptibility map" in refused(["compare", one, tmp_path / "empty"])
    for number in (1, 2):
        write(f"two/anat/sub-{number}_Chimap.nii.gz", 1, "ppm")
    assert "holds several maps" in refused(["compare", one, tmp_path / "two"])


def test_tables_are_compared_phenotype_by_phenotype_over_shared_subjects(tmp_path, rng, capsys):
    values = 50 + 10 * rng.standard_normal(40)
    for name, scale, subjects in (("ours", 2.0, range(40)), ("theirs", 1.0, range(5, 45))):
        lines = ["eid\tQSM_Left_caudate\tonly_" + name]
        lines += [f"{n}\t{scale * values[n % 40]:.6f}\t1" for n in subjects]
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    command = ["compare", tmp_path / "ours.tsv", tmp_path / "theirs.tsv", "--out", tmp_path / "out"]
    assert main([str(each) for each in command]) == 0
    (row,) = read_rows(tmp_path / "out" / "comparison.tsv")
    assert (row["phenotype"], row["n_subjects"]) == ("QSM_Left_caudate", 35)
    assert row["slope"] == pytest.approx(2, rel=1e-6)
    assert "35 subjects" in capsys.readouterr().out


def test_tables_without_shared_subjects_are_refused(tmp_path, refused):
    (tmp_path / "a.tsv").write_text("eid\tx\n1\t2\n")
    (tmp_path / "b.tsv").write_text("eid\tx\n3\t2\n")
    said = refused(["compare", tmp_path / "a.tsv", tmp_path / "b.tsv"])
    assert "0 subjects" in said
    assert "(ours: 1; theirs: 3)" in said


def test_tables_of_one_subject_tell_its_differences(tmp_path, capsys):
    (tmp_path / "a.tsv").write_text("eid\tx\ty\n1\t2.5\tNaN\n")
    (tmp_path / "b.tsv").write_text("eid\tx\ty\n1\t2\t3\n")
    command = ["compare", tmp_path / "a.tsv", tmp_path / "b.tsv", "--out", tmp_path / "out"]
    assert main([str(each) for each in command]) == 0
    first, second = read_rows(tmp_path / "out" / "comparison.tsv")
    assert (first["bias"], first["n_subjects"], second["n_subjects"]) == (0.5, 1, 0)
    assert np.isnan([first["sd"], first["slope"], second["bias"]]).all()
    said = capsys.readouterr().out
    assert "1 subject\n" in said
    assert "nan" not in said
