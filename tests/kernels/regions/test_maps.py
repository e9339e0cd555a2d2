import numpy as np

from nipype_qsm.kernels.regions.maps import Maps
from nipype_qsm.kernels.regions.naming import CHI, T2STAR


def maps(**given):
    fields = dict.fromkeys(("chi", "t2star", "mask_tissue", "field_gradient", "dephasing_rate"))
    return Maps(**{**fields, "fewest": 1, **given})


def test_susceptibility_counts_in_its_mask_where_it_is_not_zero():
    chi = np.array([[[0.0, 0.1, 0.2, 0.3]]])
    mask = np.array([[[True, True, True, False]]])
    everywhere = np.ones(chi.shape, bool)
    assert maps(chi=chi).counts(CHI, everywhere).tolist() == [[[False, True, True, True]]]
    assert maps(chi=chi, mask_tissue=mask).counts(CHI, everywhere).tolist() == [[[False, True, True, False]]]


def test_numbers_are_in_the_units_of_tables():
    whole = np.ones((1, 1, 2), bool)
    found = maps(chi=np.full((1, 1, 2), 0.05), t2star=np.full((1, 1, 2), 0.04))
    assert np.isclose(found.summary(CHI, whole).median, 50)
    assert np.isclose(found.summary(T2STAR, whole).mean, 40)
    assert maps(chi=np.ones((1, 1, 2))).summary(T2STAR, whole).reason == "t2star was not given"


def test_the_bias_of_t2star_is_what_the_rate_takes_from_it():
    whole = np.ones((1, 1, 2), bool)
    true, rate = 0.050, 5.0
    measured = np.full((1, 1, 2), 1 / (1 / true + rate))
    found = maps(t2star=measured, field_gradient=whole * 2.0, dephasing_rate=whole * rate).bias(whole)
    assert np.isclose(found["t2star_bias_ms"].median, 1000 * (measured[0, 0, 0] - true))
    assert found["gradient_hz_per_mm"].median == 2
    assert found["dephasing_rate_per_s"].median == 5
    assert maps().bias(whole) == {}
