import pytest

from nipype_qsm.errors import GeometryError, MetadataError, QSMError
from nipype_qsm.interfaces.regions import REGIONS, AtlasStatistics
from nipype_qsm.tables import read_rows


def test_files_and_names_in_a_table_out(head_files, tmp_path):
    (tmp_path / "names.tsv").write_text("index\tname\n12\tputamen\n999\tnowhere\n")
    node = AtlasStatistics(
        chi_referenced=head_files["chi_referenced"],
        labels=head_files["labels"],
        label_names=str(tmp_path / "names.tsv"),
        labels_space="subject",
        name="blocks",
    )
    rows = read_rows(node.run().outputs.regions, ["atlas", "index", "mean", "sd", "median", "n_voxels"])
    by_name = {row["region"]: row for row in rows}
    assert by_name["putamen"]["atlas"] == "blocks"
    assert by_name["putamen"]["median"] == pytest.approx(40, abs=2)
    assert by_name["nowhere"]["n_voxels"] == 0
    assert "label 999" in by_name["nowhere"]["reason"]


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["atlas"] is AtlasStatistics


def test_what_cannot_be_trusted_is_refused(head_files, tmp_path):
    maps = {"chi_referenced": head_files["chi_referenced"], "labels": head_files["labels"]}
    with pytest.raises(GeometryError, match=r"in which space labels lies.*--labels-space"):
        AtlasStatistics(**maps).run()
    with pytest.raises(GeometryError, match="labels lies in the space MNI152NLin2009cAsym"):
        AtlasStatistics(**maps, labels_space="ICBM2009cAsym").run()
    with pytest.raises(MetadataError, match="Neither"):
        AtlasStatistics(labels=head_files["labels"], labels_space="subject").run()
    (tmp_path / "names.tsv").write_text("number\tname\n1\tx\n")
    with pytest.raises(QSMError, match="no column index"):
        AtlasStatistics(**maps, labels_space="subject", label_names=str(tmp_path / "names.tsv")).run()
