"""The page of templates."""

import re

import numpy as np
import pytest
from map_cohort import AFFINE, brain

from nipype_qsm.reports.template import template_page


@pytest.fixture(scope="module")
def page():
    rng, mask = np.random.default_rng(5), brain()
    volume = np.where(mask, rng.normal(0.02, 0.03, mask.shape), 0)
    volumes = {
        "average": volume,
        "variance": volume**2,
        "coverage": mask * 0.9,
        "ageing": volume,
        "average_<b>": volume,
    }
    rows = [
        {"file": f"{name}.nii.gz", "meaning": f"what {name} is", "unit": "ppm", "n": [4, 8] if name == "ageing" else 12}
        for name in volumes
    ]
    summary = {
        "Measured": "chi_referenced",
        "SpatialReference": "MNI152NLin6Asym",
        "MinimumCoverage": 0.5,
        "maps": rows,
    }
    return template_page(volumes, summary, mask, AFFINE)


def test_a_page_has_a_section_a_map_and_fetches_nothing(page):
    assert re.findall(r'<section id="(\w+)"', page) == ["average", "ageing", "variance", "coverage", "groups", "files"]
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert page.count("<img ") == 9
    assert all('alt="' in image for image in re.findall(r"<img [^>]+>", page))


def test_counts_units_and_names_are_in_words_and_escaped(page):
    assert "12 subjects in MNI152NLin6Asym" in page
    assert "What ageing is; 4 and 8 subjects." in page
    assert "<b>\n" not in page
    assert "&lt;b&gt;" in page
    assert "fewer than 50% of the subjects" in page
