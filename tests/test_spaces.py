import pytest

from nipype_qsm.errors import GeometryError
from nipype_qsm.spaces import canonical, declared_space, require_same_space


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ICBM2009cAsym", "MNI152NLin2009cAsym"),
        ("mni152nlin6asym", "MNI152NLin6Asym"),
        ("FSL MNI152", "MNI152NLin6Asym"),
        ("T1w", "subject"),
        ("my-template", "my-template"),
    ],
)
def test_a_space_has_one_name(written, meant):
    assert canonical(written) == meant


@pytest.mark.parametrize(
    ("name", "sidecar", "space"),
    [
        ("SN_L_prob_ICBM2009cAsym_1mm.nii.gz", {}, "MNI152NLin2009cAsym"),
        ("tpl-MNI152NLin6Asym_desc-nigra_probseg.nii.gz", {}, "MNI152NLin6Asym"),
        ("sub-01_space-T1w_mask.nii.gz", {}, "subject"),
        ("nigra.nii.gz", {"SpatialReference": "MNI152NLin2009cAsym"}, "MNI152NLin2009cAsym"),
        ("tpl-MNI152NLin6Asym_T1w.nii.gz", {"Space": "FSL MNI152"}, "MNI152NLin6Asym"),
        ("T1.nii.gz", {}, ""),
        ("nigra.nii.gz", {"Space": ""}, ""),
    ],
)
def test_a_space_is_read_from_the_sidecar_or_the_name(name, sidecar, space):
    assert declared_space(name, sidecar) == space


def test_two_spaces_are_refused_with_their_names_and_the_cure():
    require_same_space("FSL MNI152", "MNI152NLin6Asym", "nigra_left")
    with pytest.raises(GeometryError, match=r"MNI152NLin2009cAsym, the maps in MNI152NLin6Asym.*transform"):
        require_same_space("MNI152NLin6Asym", "ICBM2009cAsym", "nigra_left")
