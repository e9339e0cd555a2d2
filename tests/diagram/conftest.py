"""The graphs that are drawn in these tests."""

import pytest

from nipype_qsm.diagram.model import read
from nipype_qsm.workflows.gwas import init_gwas_wf
from nipype_qsm.workflows.qsm import init_qsm_wf
from nipype_qsm.workflows.register import init_register_wf
from nipype_qsm.workflows.subject import init_subject_wf
from nipype_qsm.workflows.visits import init_visits_wf

BRAIN = {"t1w"}

OURS = {
    "ukb": lambda: init_qsm_wf("ukb"),
    "best": lambda: init_qsm_wf("best", swi="swi", separation="r2star_qsm", two_pass=True),
    "subject": lambda: init_subject_wf("out", "ukb", brain=BRAIN),
    "register": lambda: init_register_wf("greedy"),
    "gwas": init_gwas_wf,
    "visits": init_visits_wf,
}


@pytest.fixture(scope="session", params=OURS)
def ours(request):
    """Each of this project's larger workflows, read."""
    return read(OURS[request.param]())
