import re

import pytest

from nipype_qsm.reports.citations import ALWAYS, REFERENCES, SENTENCES, sentence
from nipype_qsm.workflows.presets import PRESETS


def test_every_cited_key_has_a_reference_with_a_doi():
    cited = {key for methods in SENTENCES.values() for _, keys in methods.values() for key in keys} | set(ALWAYS)
    assert cited == set(REFERENCES)
    assert all(re.fullmatch(r"10\.\d{4,}/\S+", doi) for _, doi in REFERENCES.values())


@pytest.mark.parametrize("preset", PRESETS)
def test_every_step_of_a_preset_has_its_own_sentence(preset):
    for step, (method, _) in PRESETS[preset].items():
        assert method in SENTENCES[step], f"{step}: {method} would be described only by its name"


def test_options_are_told():
    text, cited = sentence("coils", "mcpc3ds", {"smoothing_voxels": 4.0, "bipolar": False})
    assert text.endswith("(smoothing voxels 4, bipolar off).")
    assert [doi for _, doi in cited] == ["10.1002/mrm.26963"]


def test_a_method_without_a_sentence_is_described_by_its_kernel():
    text, cited = sentence("inversion", "tkd", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(SENTENCES["inversion"], "tkd")
        described, found = sentence("inversion", "tkd", {})
    assert described != text
    assert "dipole" in described
    assert [doi for _, doi in found] == [doi for _, doi in cited] == ["10.1002/mrm.22135"]


@pytest.mark.parametrize("method", ["mine", "../../etc", "os.path", "None"])
def test_an_unknown_method_is_named(method):
    text, cited = sentence("inversion", method, {})
    assert method in text
    assert cited == ()
