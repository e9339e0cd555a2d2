"""Clusters across traits: a slow oracle, and the published tool's own tables (chromosomes 21 and X of its example)."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.genotypes.genetic_maps import read_genetic_map
from nipype_qsm.genotypes.hits import column, names, read_hits, write_table_2
from nipype_qsm.kernels.genetics.clusters import clusters
from nipype_qsm.kernels.genetics.genetic_map import GeneticMap
from oracles import greedy_owners

PUBLISHED = Path(__file__).resolve().parents[2] / "data" / "peaks"
hits = st.lists(st.tuples(st.sampled_from(["1", "7", "X"]), st.integers(0, 40), st.integers(0, 9), st.booleans()))


@given(hits)
def test_clusters_are_those_of_the_slow_rule_on_each_chromosome(found):
    chrom = np.array([one[0] for one in found], str)
    pos = np.array([62_500 * one[1] for one in found], int)
    strength, nominal = np.array([one[2] for one in found], float), np.array([one[3] for one in found], bool)
    made = clusters(chrom, pos, strength, GeneticMap({}, 1.0), nominal)
    for name in set(chrom.tolist()):
        own = np.flatnonzero(chrom == name)
        slow = greedy_owners(pos[own] * 1e-6, strength[own], 0.25)
        assert made.owner[own].tolist() == own[slow].tolist()
    assert made.n_members.sum() == len(found)
    assert made.n_nominal.tolist() == [int(nominal[made.owner == lead].sum()) for lead in made.lead]


def test_the_published_table_comes_out_line_by_line(tmp_path):
    rows = read_hits(PUBLISHED / "Table1.txt")
    genetic_map = read_genetic_map([PUBLISHED / "map.csv"])
    nominal = column(rows, "replicated") == 1
    pos = np.array([row["pos"] for row in rows])
    found = clusters(names(rows, "chrom"), pos, column(rows, "mlog10p"), genetic_map, nominal)
    written = write_table_2(rows, found.lead.tolist(), found.owner, tmp_path / "Table2.txt")

    def read(path):
        lines = [line.split() for line in path.read_text().splitlines()]
        # The tool writes X as X and the order of the members as its heap has them.
        return [
            (*one[:3], one[3].lstrip("0"), *one[4:6], sorted(zip(one[6::2], one[7::2], strict=False))) for one in lines
        ]

    assert len(read(written)) == 53
    assert read(written) == read(PUBLISHED / "Table2.txt")
