"""Clusters as a node."""

from pathlib import Path

import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes.hits import TABLE_1, kind_of
from nipype_qsm.interfaces.genetics import Clusters
from nipype_qsm.tables import read_rows

ROWS = [
    "rs1 V0001 01 1000000 A G 12 0.1 0.01 2 0.1 0.05 1",
    "rs2 V0002 01 1100000 A G 9 0.1 0.01 0.5 0.1 0.05 0",
    "rs3 V0002 0X 9000000 A G 30 0.1 0.01 NA NA NA 0",
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "Table1.txt"
    path.write_text("\n".join([TABLE_1, *ROWS]) + "\n")
    return path


def clustered(table, tmp_path, **options):
    return Clusters(peaks=str(table), cm_per_mb=1.0, **options).run(cwd=str(tmp_path)).outputs


def test_peaks_of_two_traits_at_one_place_are_one_cluster(table, tmp_path):
    kinds = tmp_path / "kinds.tsv"
    kinds.write_text("trait\tkind\nV0001\tQSM\nV0002\tT2*\n")
    made = clustered(table, tmp_path, kinds=str(kinds))
    rows = read_rows(made.clusters)
    assert [(row["chrom"], row["id"], row["n_members"], row["replicated"], row["kind"]) for row in rows] == [
        ("X", "rs3", 1, 0, "T2* only"),
        (1, "rs1", 2, 1, "shared"),
    ]
    assert rows[1]["members"] == "rs1|V0001,rs2|V0002"
    assert [row["cluster"] for row in read_rows(made.members)] == [2, 2, 1]
    assert (made.n_clusters, made.n_replicated) == (2, 1)


def test_table_2_is_written_as_the_tool_does(table, tmp_path):
    assert Path(clustered(table, tmp_path).table_2).read_text().splitlines()[1:] == [
        "rs3 V0002 30.000000 0X 9000000 0",
        "rs1 V0001 12.000000 01 1000000 1 rs2 V0002",
    ]


def test_positions_of_another_build_are_refused(table, tmp_path):
    table.write_text(f"{TABLE_1}\nrs1 V0001 21 48000000 A G 12 0.1 0.01 2 0.1 0.05 1\n")
    clustered(table, tmp_path)
    with pytest.raises(QSMError, match="beyond the end of chromosome 21 in build 38"):
        clustered(table, tmp_path, build=38)


def test_a_row_that_is_cut_short_is_refused(table, tmp_path):
    table.write_text(f"{TABLE_1}\nrs1 V0001 21\n")
    with pytest.raises(QSMError, match="Line 2 of"):
        clustered(table, tmp_path)


@pytest.mark.parametrize(
    ("trait", "kind"),
    [
        ("QSM_Left_SN", "QSM"),
        ("T2_Left_SN", "T2*"),
        ("left_putamen_t2star", "T2*"),
        ("chi_SN", "QSM"),
        ("SN R2* slope", "T2*"),
        ("mean-susceptibility", "QSM"),
        ("Brachial_index", "other"),
        ("childhood_trauma", "other"),
        ("WMH_volume", "other"),
    ],
)
def test_a_traits_name_tells_its_kind(trait, kind):
    assert kind_of(trait) == kind
