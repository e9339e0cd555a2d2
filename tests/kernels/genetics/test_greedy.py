"""The greedy rule against its definition, written slowly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nipype_qsm.kernels.genetics.greedy import greedy
from oracles import greedy_owners

hits = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=60)


@given(hits)
def test_every_association_belongs_to_the_lead_that_takes_it(found):
    place = np.array([one for one, _ in found]) / 16  # halves of a quarter: the strict limit matters
    strength = np.array([one for _, one in found], float)
    assert greedy(place, strength, 0.25).tolist() == greedy_owners(place, strength, 0.25)


def test_what_is_exactly_at_the_radius_stays_out():
    assert greedy(np.array([1.0, 1.25, 1.2]), np.array([9.0, 8, 7]), 0.25).tolist() == [0, 1, 0]


def test_members_of_the_lead_do_not_take_others_with_them():
    assert greedy(np.array([1.0, 1.2, 1.4]), np.array([9.0, 8, 7]), 0.25).tolist() == [0, 0, 2]
