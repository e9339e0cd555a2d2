import pytest

from nipype_qsm.kernels.cohort.modalities import counterparts, modality, region


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("QSM_Left_thalamus", "QSM", "Left_thalamus"),
        ("chi_SN", "QSM", "SN"),
        ("T2_Left_thalamus", "T2*", "Left_thalamus"),
        ("T2star_SN", "T2*", "SN"),
        ("WMH_volume", "other", "WMH_volume"),
        ("childhood_trauma", "other", "childhood_trauma"),
        ("T2_FLAIR_WMH_volume", "other", "T2_FLAIR_WMH_volume"),
        ("qsm", "QSM", ""),
    ],
)
def test_a_name_tells_modality_and_region(name, kind, place):
    assert (modality(name), region(name)) == (kind, place)


def test_regions_that_both_have_are_paired():
    assert counterparts(["T2_SN", "QSM_WMH", "QSM_SN", "WMH_volume", "T2_thalamus"]) == [(2, 0)]
