"""Every kind of BGEN file is read as it was written, and every spoiled one is refused with its cure."""

import numpy as np
import pytest
from bgen_files import layout_2, random_probabilities, write_bgen, write_imputed

from nipype_qsm.errors import QSMError
from nipype_qsm.genotypes import Selection, open_genotypes
from nipype_qsm.genotypes.bgen_index import Entry, write_index
from nipype_qsm.genotypes.bgen_writer import BgenWriter
from nipype_qsm.genotypes.block import EVERYTHING

IDS = [f"p{number}" for number in range(7)]


def read(path, samples=None, rows=None, selection=EVERYTHING, **options):
    file = open_genotypes(path, samples)
    rows = np.arange(len(file.people)) if rows is None else rows
    found = [block.dosages().copy() for block in file.blocks(rows, 2, selection, **options)]
    return np.concatenate(found) if found else np.zeros((0, rows.size))


@pytest.fixture
def probabilities(rng):
    return random_probabilities(rng, 5, len(IDS))


@pytest.fixture
def imputed(tmp_path, probabilities):
    return write_imputed(tmp_path / "some.bgen", probabilities, IDS)


def expected(probabilities):
    return probabilities[..., 1] + 2 * probabilities[..., 2]


@pytest.mark.parametrize("compression", [0, 1, 2])
def test_counts_of_the_second_allele_come_back_from_every_compression(tmp_path, probabilities, compression):
    path = write_imputed(tmp_path / "some.bgen", probabilities, IDS, compression=compression)
    assert read(path) == pytest.approx(expected(probabilities), abs=1e-6)  # single precision


@pytest.mark.parametrize("n_bits", [1, 3, 8, 11, 16, 31, 32])
@pytest.mark.parametrize("phased", [False, True])
def test_counts_come_back_from_every_number_of_bits(tmp_path, rng, n_bits, phased):
    first, second = rng.random((2, 7)) / (1 if phased else 2)
    path = tmp_path / "some.bgen"
    block = layout_2(list(zip(first, second, strict=True)), n_bits, phased)
    write_bgen(path, [("1", 5, "rs1", ("A", "G"), block)], IDS)
    largest = 2**n_bits - 1
    a, b = np.rint(first * largest) / largest, np.rint(second * largest) / largest
    assert read(path)[0] == pytest.approx(2 - a - b if phased else 2 - 2 * a - b, abs=1e-6)


def test_layout_1_is_read_with_its_missing_people(tmp_path, rng):
    block = rng.dirichlet([1, 1, 1], 7)
    block[3] = 0
    path = write_bgen(tmp_path / "old.bgen", [("01", 5, "rs1", ("A", "G"), block)], IDS, layout=1)
    stored = np.rint(block * 32768) / 32768
    count = stored[:, 1] + 2 * stored[:, 2]
    count[3] = np.nan
    assert read(path)[0] == pytest.approx(count, abs=1e-6, nan_ok=True)


def test_missing_people_are_missing(tmp_path):
    block = layout_2([(1, 0), None, (0, 1), (0, 0), None, (1, 0), (0, 1)])
    path = write_bgen(tmp_path / "some.bgen", [("1", 5, "rs1", ("A", "G"), block)], IDS)
    assert read(path)[0] == pytest.approx([0, np.nan, 1, 2, np.nan, 0, 1], abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(("count", "expected"), [(2.0, [0, 2, 1, 2, 0]), (1.0, [0, 1, 1, 2, 0])])
def test_a_man_with_one_copy_on_x_counts_as_two_or_as_one(tmp_path, count, expected):
    block = layout_2([(1, 0), (0,), (0, 1), (0, 0), (1,)], ploidy=[2, 1, 2, 2, 1])
    path = write_bgen(tmp_path / "x.bgen", [("X", 5, "rs1", ("A", "G"), block)], IDS[:5])
    assert read(path, haploid_count=count)[0] == pytest.approx(expected, abs=1e-6)


def test_men_coded_with_two_copies_on_x_get_one_if_their_sex_is_known(tmp_path):
    block = layout_2([(1, 0), (0, 0), (0, 1)])
    variants = [("X", 5, "rs1", ("A", "G"), block), ("1", 5, "rs2", ("A", "G"), block)]
    path = write_bgen(tmp_path / "x.bgen", variants, IDS[:3])
    sample = tmp_path / "x.sample"
    sample.write_text("ID_1 ID_2 missing sex\n0 0 0 D\np0 p0 0 2\np1 p1 0 1\np2 p2 0 2\n")
    found = read(path, sample, haploid_count=1.0)
    assert found == pytest.approx(np.array([[0, 1, 1], [0, 2, 1]]), abs=1e-6)


def test_people_are_handed_out_in_the_order_asked_for(imputed, probabilities):
    rows = np.array([4, 0, 6])
    assert read(imputed, rows=rows) == pytest.approx(expected(probabilities)[:, rows], abs=1e-6)


def test_the_sums_of_the_fast_path_are_those_of_the_general_one(tmp_path, rng):
    """The same probabilities at eight bits, and with one missing person added, which takes the general path."""
    probabilities = random_probabilities(rng, 3, 50)
    ids = [f"q{number}" for number in range(51)]
    plain = write_imputed(tmp_path / "a.bgen", probabilities, ids[:50])
    blocks = [
        ("1", 9, "rs", ("A", "G"), layout_2([*(tuple(one[:2]) for one in block), None])) for block in probabilities
    ]
    general = write_bgen(tmp_path / "b.bgen", blocks, ids)
    rows = np.arange(50)
    fast = next(open_genotypes(plain).blocks(rows))
    slow = next(open_genotypes(general).blocks(np.arange(51)))
    assert fast.sums[:3] == pytest.approx(slow.sums[:3], rel=1e-12)
    assert list(fast.missing) == [] and list(slow.missing) == [0, 1, 2]


def test_variants_of_three_alleles_are_left_out_and_counted(tmp_path, probabilities):
    block = layout_2([list(one[:2]) for one in probabilities[0]])
    variants = [("1", 5, "a", ("A", "C", "G"), block), ("1", 6, "b", ("A", "G"), block)]
    file = open_genotypes(write_bgen(tmp_path / "some.bgen", variants, IDS))
    (block,) = list(file.blocks(np.arange(7)))
    assert block.id == ["b"]
    assert file.skipped == 1


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize(
    ("regions", "ids", "rows"),
    [
        (["1:2000-4000"], None, [1, 2, 3]),
        (None, {"rs5", "1:1000:A:G"}, [0, 4]),
        (["chr01"], {"rs2"}, [1]),
        (["2"], None, []),
    ],
)
def test_a_selection_gives_the_same_with_and_without_an_index(imputed, probabilities, regions, ids, rows, indexed):
    if indexed:
        index(imputed)
    found = read(imputed, selection=Selection.of(regions, ids))
    assert found == pytest.approx(expected(probabilities)[rows].reshape(len(rows), 7), abs=1e-6)


def test_more_regions_than_one_question_holds_give_the_same(imputed, probabilities):
    index(imputed)
    regions = [f"2:{place}-{place}" for place in range(1, 2000)] + ["1:1-1000000000"]
    whole = read(imputed, selection=Selection.of(["1"]))
    assert read(imputed, selection=Selection.of(regions)) == pytest.approx(whole)


def index(path, shift=0):
    file = open_genotypes(path)
    entries = [
        Entry(one.chrom, one.pos, one.name, one.alleles, start + shift, size)
        for one, _, (start, size) in file.variants()
    ]
    return write_index(path, entries)


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_truncated_file_is_refused_at_the_variant_where_it_ends(imputed, cut):
    data = imputed.read_bytes()
    imputed.write_bytes(data[: len(data) - cut])
    with pytest.raises(QSMError, match=r"ends in variant \d of 5.*truncated.*[Cc]opy"):
        read(imputed)


def test_a_file_cut_in_its_header_is_refused(imputed):
    imputed.write_bytes(imputed.read_bytes()[:30])
    with pytest.raises(QSMError, match="truncated"):
        read(imputed)


def test_what_is_no_bgen_is_refused(tmp_path):
    (tmp_path / "no.bgen").write_text("chrom pos\n" * 20)
    with pytest.raises(QSMError, match="not a BGEN file"):
        read(tmp_path / "no.bgen")


def test_a_damaged_block_is_refused(imputed):
    data = bytearray(imputed.read_bytes())
    data[-12:-4] = b"\xff" * 8
    imputed.write_bytes(data)
    with pytest.raises(QSMError, match=r"cannot be inflated|holds"):
        read(imputed)


def test_the_index_of_another_file_is_refused(tmp_path, imputed, probabilities, rng):
    other = write_imputed(tmp_path / "other.bgen", random_probabilities(rng, 5, 7, certain=0.1), IDS)
    index(other).replace(imputed.with_name("some.bgen.bgi"))
    with pytest.raises(QSMError, match=r"not the index of some.bgen.*Delete"):
        open_genotypes(imputed)


def test_an_index_with_wrong_places_is_refused(imputed):
    index(imputed, shift=3)
    with pytest.raises(QSMError, match=r"[Dd]elete|truncated|has"):
        read(imputed, selection=Selection.of(["1:2000-3000"]))


def test_what_is_no_index_is_refused(imputed):
    imputed.with_name("some.bgen.bgi").write_text("not a table at all" * 100)
    with pytest.raises(QSMError, match="cannot be read as an index"):
        open_genotypes(imputed)


def test_a_file_without_people_needs_a_sample_file(tmp_path, probabilities):
    path = write_imputed(tmp_path / "some.bgen", probabilities, None, n=7)
    with pytest.raises(QSMError, match=r"does not say who.*--samples"):
        open_genotypes(path)


def test_a_sample_file_of_another_order_is_refused(tmp_path, imputed):
    sample = tmp_path / "some.sample"
    sample.write_text(
        "ID_1 ID_2 missing\n0 0 0\n" + "".join(f"{one} {one} 0\n" for one in [*IDS[:2], "p3", "p2", *IDS[4:]])
    )
    with pytest.raises(QSMError, match=r"Person 3 is p2 in some.bgen and p3 in some.sample"):
        open_genotypes(imputed, sample)


def test_a_sample_file_of_another_size_is_refused(tmp_path, imputed):
    sample = tmp_path / "some.sample"
    sample.write_text("ID_1 ID_2 missing\n0 0 0\np0 p0 0\n")
    with pytest.raises(QSMError, match=r"holds 7 people, some.sample names 1"):
        open_genotypes(imputed, sample)


def test_the_writer_writes_what_an_independent_reader_reads(tmp_path, probabilities):
    bgen = pytest.importorskip("bgen", reason="the independent BGEN reader is not installed")
    path = tmp_path / "own.bgen"
    with BgenWriter(path, IDS, compression="zstd") as writer:
        for row, block in enumerate(probabilities):
            writer.add_probabilities(("7", 10 * row + 1, f"rs{row}"), ("A", "G"), block)
    with bgen.BgenReader(str(path)) as reader:
        found = [np.array(variant.alt_dosage) for variant in reader]
        assert reader.samples == IDS
    assert np.array(found) == pytest.approx(expected(probabilities), abs=1e-6)
    assert read(path) == pytest.approx(expected(probabilities), abs=1e-6)
    assert path.with_name("own.bgen.bgi").is_file()


def test_a_writer_that_is_interrupted_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), BgenWriter(tmp_path / "own.bgen", IDS):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
