"""The graph gives the same maps from every plugin, and its last step draws them."""

import numpy as np
import pytest
from contents import digest
from voxel_cohort import VoxelCohort

from nipype_qsm.plugins import MultiProcPlugin, SLURMPlugin
from nipype_qsm.workflows.voxelwise import init_voxelwise_wf


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return VoxelCohort(tmp_path_factory.mktemp("cohort"), np.random.default_rng(5))


def run(cohort, folder, plugin=None, n_figures=0):
    workflow = init_voxelwise_wf(voxels_per_node=256, folder=str(folder / "out"), n_figures=n_figures)
    workflow.base_dir = str(folder / "work")
    workflow.config["execution"].update(poll_sleep_duration="0.1", remove_unnecessary_outputs="false")
    workflow.inputs.inputnode.trait_set(**cohort.tables(), **cohort.genetics())
    return workflow.run(**({} if plugin is None else {"plugin": plugin}))


def digests(folder):
    return {
        path.name: digest(path) for path in sorted((folder / "out").iterdir()) if path.suffix not in (".pdf", ".png")
    }


@pytest.fixture(scope="module")
def linear(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("linear")
    run(cohort, folder, n_figures=1)
    return folder


def test_maps_tables_figures_and_page_are_written(linear):
    names = {path.name for path in (linear / "out").iterdir()}
    assert {"planted_r.nii.gz", "rs1_A_n.nii.gz", "nothing-2.0_mlog10p.nii.gz", "summary.tsv"} <= names
    assert {"planted_orthogonal.png", "planted_mosaic.png", "voxelwise.html", "voxelwise.json"} <= names
    assert (linear / "out" / "planted_mosaic.pdf").stat().st_size > 1000


def test_multiproc_makes_the_same_bytes(cohort, linear, tmp_path):
    run(cohort, tmp_path, MultiProcPlugin({"n_procs": 2}))
    assert digests(tmp_path) == digests(linear)


def test_slurm_makes_the_same_bytes(cohort, linear, tmp_path, slurm):
    run(cohort, tmp_path, SLURMPlugin({"retry_timeout": 0.2}))
    assert digests(tmp_path) == digests(linear)


def test_a_second_run_takes_what_is_finished(cohort, linear, tmp_path):
    run(cohort, tmp_path)
    part = next((tmp_path / "work").rglob("part.npy"))
    before = part.stat().st_mtime_ns
    graph = run(cohort, tmp_path)
    assert part.stat().st_mtime_ns == before
    assert digests(tmp_path) == digests(linear)
    assert {"prepare", "correlate", "write_maps", "draw"} <= {node.name for node in graph.nodes()}
