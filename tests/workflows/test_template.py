"""Ingest and templates as graphs: the same bytes from every plugin."""

import nibabel as nib
import numpy as np
import pytest
from contents import digest
from map_cohort import SMALL, MapCohort

from nipype_qsm.map_store import MapStore
from nipype_qsm.plugins import MultiProcPlugin, SLURMPlugin
from nipype_qsm.workflows.template import init_ingest_wf, init_template_wf

pytestmark = pytest.mark.filterwarnings("ignore:The store keeps")
TEMPLATES = ("average", "variance", "coverage", "ageing")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    made = MapCohort(tmp_path_factory.mktemp("cohort"), np.random.default_rng(7))
    made.ukb()
    return made


@pytest.fixture
def undrawn(monkeypatch):
    monkeypatch.setattr("nipype_qsm.reports.template.template_page", lambda *_: "")


def run(workflow, folder, plugin=None, **inputs):
    workflow.base_dir = str(folder / "work")
    workflow.config["execution"].update(poll_sleep_duration="0.1", remove_unnecessary_outputs="false")
    workflow.inputs.inputnode.trait_set(**inputs)
    return workflow.run(**({} if plugin is None else {"plugin": plugin}))


def given(cohort, folder):
    maps = [str(cohort.folder / "results")]
    return {"maps": maps, "store": str(folder / "store"), "mask": str(cohort.mask_path)}


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".npz"  # a zip file holds the time
    }


@pytest.fixture(scope="module")
def linear(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("linear")
    run(init_ingest_wf(**SMALL), folder, **given(cohort, folder))
    return folder


def test_ingest_makes_a_whole_store_of_everyone(cohort, linear):
    store = MapStore.open(linear / "store")
    assert store.subjects == cohort.ids
    assert store.verify() == {}


def test_multiproc_makes_the_same_bytes(cohort, linear, tmp_path):
    run(init_ingest_wf(**SMALL), tmp_path, MultiProcPlugin({"n_procs": 2}), **given(cohort, tmp_path))
    assert digests(tmp_path / "store") == digests(linear / "store")


def test_slurm_makes_the_same_bytes_with_an_array_of_units(cohort, tmp_path, slurm):
    before, two_units = len(slurm.finished()), {**SMALL, "unit_size": 5}
    run(init_ingest_wf(**two_units), tmp_path / "plain", **given(cohort, tmp_path / "plain"))
    run(init_ingest_wf(**two_units), tmp_path, SLURMPlugin({"retry_timeout": 0.2}), **given(cohort, tmp_path))
    assert digests(tmp_path / "store") == digests(tmp_path / "plain" / "store")
    assert {job["JobState"] for job in slurm.finished()[before:]} == {"COMPLETED"}


def outputs(graph):
    (node,) = [node for node in graph.nodes() if node.name == "make_templates"]
    return node.result.outputs


def test_templates_of_a_store_and_of_maps_in_one_graph_are_the_same_and_true(cohort, linear, tmp_path, undrawn):
    options = {"by": "sex", "min_coverage": 0.0}
    table = {"groups": str(cohort.table)}
    two = outputs(run(init_template_wf(units_per_node=2, **options), tmp_path, store=str(linear / "store"), **table))
    whole = init_template_wf(ingest=True, **SMALL, **options)
    one = outputs(run(whole, tmp_path / "one", **given(cohort, tmp_path), **table))
    for name in TEMPLATES:
        np.testing.assert_array_equal(
            nib.load(getattr(one, name)).get_fdata(), nib.load(getattr(two, name)).get_fdata()
        )
    average = nib.load(one.average).get_fdata()[cohort.mask] * 1000
    there = ~np.isnan(cohort.known).all(axis=0)
    expected = np.nanmean(cohort.known[:, there], axis=0)
    np.testing.assert_allclose(average[there], expected, atol=0.05)  # half a step of 0.1 ppb; 0.03
    young, old = cohort.ages < 52, cohort.ages > 75
    both = ~(np.isnan(cohort.known[young]).all(axis=0) | np.isnan(cohort.known[old]).all(axis=0))
    expected = np.nanmean(cohort.known[old][:, both], axis=0) - np.nanmean(cohort.known[young][:, both], axis=0)
    found = nib.load(one.ageing).get_fdata()[cohort.mask][both] * 1000
    np.testing.assert_allclose(found, expected, atol=0.1)  # 0.08
    assert found.mean() > 20  # 1 ppb a year was planted; measured 28
