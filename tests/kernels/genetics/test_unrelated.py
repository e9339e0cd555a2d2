"""Nobody's relative is left."""

from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.genetics.unrelated import unrelated

IDS = [str(number) for number in range(12)]
pairs = st.dictionaries(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), st.floats(0, 0.5), max_size=30)


@given(pairs)
def test_no_two_of_the_kept_are_related_and_nobody_more_could_be_kept(related):
    kept = unrelated(IDS, related)

    def are(one, other):
        return one != other and max(related.get((one, other), 0), related.get((other, one), 0)) >= 0.0884

    assert not any(are(one, other) for one in kept for other in kept)
    assert kept == [one for one in IDS if one in kept]


def test_the_one_with_most_relatives_goes_first():
    assert unrelated(["a", "b", "c", "d"], {("a", "b"): 0.2, ("a", "c"): 0.2, ("d", "a"): 0.2}) == ["b", "c", "d"]


def test_people_with_an_image_are_kept_before_others():
    assert unrelated(["a", "b"], {("a", "b"): 0.25}, {"b"}) == ["b"]
    assert unrelated(["a", "b"], {("a", "b"): 0.25}, {"a"}) == ["a"]


def test_distant_relatives_and_strangers_to_the_study_do_not_matter():
    assert unrelated(["a", "b"], {("a", "b"): 0.05, ("a", "z"): 0.3}) == ["a", "b"]
