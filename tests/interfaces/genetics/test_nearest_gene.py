"""Genes and other tables joined to peaks."""

import gzip

import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.genetics import NearestGene
from nipype_qsm.tables import read_rows

GTF = """#!genome-build GRCh37
1\tx\tgene\t100\t900\t.\t+\t.\tgene_id "E1"; gene_name "SLC39A8"; gene_type "protein_coding";
1\tx\texon\t100\t122\t.\t+\t.\tgene_id "E1"; gene_name "SLC39A8"; gene_type "protein_coding";
chr1\tx\tgene\t120\t130\t.\t+\t.\tgene_id "E2"; gene_name "LNC"; gene_type "lncRNA";
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "hits.tsv").write_text(
        "trait\tchrom\tpos\tid\teffect_allele\tother_allele\nq\t1\t125\trs1\tG\tA\nq\t1\t950\trs2\tT\tC\n"
    )
    with gzip.open(tmp_path / "genes.gtf.gz", "wt") as file:
        file.write(GTF)
    return {"hits": str(tmp_path / "hits.tsv"), "gtf": str(tmp_path / "genes.gtf.gz")}


def annotated(files, tmp_path, **options):
    return read_rows(NearestGene(**files, **options).run(cwd=str(tmp_path)).outputs.annotated)


def test_each_variant_has_its_gene(files, tmp_path):
    rows = annotated(files, tmp_path)
    assert [(row["gene"], row["distance"], row["exonic"]) for row in rows] == [("SLC39A8", 0, 0), ("SLC39A8", 50, 0)]
    assert annotated(files, tmp_path, biotype="")[0]["gene"] == "LNC"


def test_tables_are_joined_by_place_and_alleles_or_by_identifier(files, tmp_path):
    vep, cadd = tmp_path / "vep.tsv", tmp_path / "cadd.tsv"
    vep.write_text(
        "chrom\tpos\teffect_allele\tother_allele\tconsequence\nchr1\t125\tA\tG\tmissense\n1\t950\tT\tG\tstop\n"
    )
    cadd.write_text("id\tcadd\nrs2\t23\nrs2\t25\n")
    rows = annotated(files, tmp_path, annotations=[str(vep), str(cadd)])
    assert [(row["consequence"], row["cadd"]) for row in rows] == [("missense", ""), ("", "23;25")]


def test_a_table_that_cannot_be_joined_and_a_list_without_genes_are_refused(files, tmp_path):
    other = tmp_path / "other.tsv"
    other.write_text("name\tvalue\nx\t1\n")
    with pytest.raises(QSMError, match="neither chrom and pos nor id"):
        annotated(files, tmp_path, annotations=[str(other)])
    (tmp_path / "empty.gtf").write_text("#nothing\n")
    with pytest.raises(QSMError, match="has no genes"):
        annotated({**files, "gtf": str(tmp_path / "empty.gtf")}, tmp_path)
