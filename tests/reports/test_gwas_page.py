"""The interactive page stands alone and escapes what comes from data."""

import numpy as np

from nipype_qsm.reports.genome import Genome, Pixels
from nipype_qsm.reports.gwas_page import manhattan_page


def test_the_page_names_its_hits_and_fetches_nothing():
    pixels = Pixels(Genome())
    pixels.add("4", np.array([103_188_709]), np.array([30.0]))
    hits = {"chrom": ["4"], "pos": [103_188_709], "mlog10p": [30.0], "label": ["rs<1>, 4:103188709"]}
    page = manhattan_page(pixels, "QSM", hits, [{"trait": "QSM_nigra", "id": "rs<1>", "chrom": "4", "beta": -0.25}])
    assert page.count("<ellipse") == 1
    assert "rs&lt;1&gt;, 4:103188709" in page and "rs<1>" not in page
    assert "http://" not in page and "https://" not in page
    assert "-0.25" in page
    assert "QSM_nigra" in page
