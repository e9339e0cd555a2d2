from nipype_qsm.kernels.regions.naming import FIELDS, PHENOTYPES, STRUCTURES


def test_the_phenotypes_are_uk_biobanks_in_its_order():
    names = [one.name for one in PHENOTYPES]
    assert len(names) == len(set(names)) == 35
    assert names[:4] == ["QSM_Left_thalamus", "QSM_Right_thalamus", "QSM_Left_caudate", "QSM_Right_caudate"]
    assert names[14:17] == ["QSM_Left_SN", "QSM_Right_SN", "QSM_WMH"]
    assert [name.replace("QSM", "T2") for name in names[:17]] == names[17:34]
    assert names[34] == "WMH_volume"
    assert [one.unit for one in PHENOTYPES] == ["ppb"] * 17 + ["ms"] * 17 + ["mm3"]


def test_the_core_pipelines_fields_are_numbered_left_then_right():
    core = [one for one in PHENOTYPES if one.ukb_name]
    assert [one.ukb_field for one in core] == [str(field) for field in range(25026, 25040)]
    assert core[0].ukb_name == "IDP_SWI_T2star_left_thalamus"
    assert set(FIELDS) == set(STRUCTURES)
