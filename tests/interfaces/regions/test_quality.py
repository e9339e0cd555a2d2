import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.regions import REGIONS, IDPs, SubjectQuality
from nipype_qsm.tables import read_rows


def test_files_in_a_table_of_flags_out(head_files, tmp_path):
    idps = IDPs(**head_files, nigra_space="subject").run().outputs.idps
    (tmp_path / "usual.tsv").write_text("name\tmean\tsd\nQSM_Left_putamen\t500\t10\n")
    volumes = {name: head_files[name] for name in ("chi_referenced", "mask_tissue", "labels")}
    node = SubjectQuality(
        **volumes,
        mask_brain=head_files["mask_tissue"],
        idps=idps,
        reference_table=str(tmp_path / "usual.tsv"),
        overlap=0.95,
    )
    rows = {row["name"]: row for row in read_rows(node.run().outputs.qc, ["name", "value", "low", "high", "flag"])}
    assert rows["mask_kept"]["flag"] == rows["label_fit_displaced"]["flag"] == rows["registration_overlap"]["flag"] == 0
    assert rows["outlier_QSM_Left_putamen"]["flag"] == 1
    assert rows["idps_missing"]["value"] > 0


def test_the_registry_knows_it_by_its_file_name():
    assert REGIONS["quality"] is SubjectQuality


def test_a_reference_table_without_ranges_is_refused(head_files, tmp_path):
    (tmp_path / "usual.tsv").write_text("name\tmean\nQSM_Left_putamen\t500\n")
    with pytest.raises(QSMError, match="holds no ranges"):
        SubjectQuality(labels=head_files["labels"], reference_table=str(tmp_path / "usual.tsv")).run()
