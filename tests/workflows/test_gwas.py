"""The whole study runs with its own engine and, where it is there, with plink2: one input swaps them."""

import shutil

import pytest
from gwas_study import PLANTED, Study
from nipype.pipeline import engine as pe

from nipype_qsm.errors import QSMError, ToolMissing
from nipype_qsm.genotypes.hits import read_hits
from nipype_qsm.graph import edges, nodes
from nipype_qsm.workflows.gwas import init_gwas_wf


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("study"))


def run(study, folder, engine, **inputs):
    workflow = init_gwas_wf(engine, with_heritability=False, threshold=5.0)
    workflow.base_dir = str(folder)
    workflow.config["execution"]["remove_unnecessary_outputs"] = "false"
    workflow.get_node("find_peaks").inputs.cm_per_mb = workflow.get_node("cluster").inputs.cm_per_mb = 1.0
    given = {"genotypes": study.genotypes, "trait_table": study.trait_table, "covariates": study.covariate_table}
    workflow.inputs.inputnode.trait_set(**given, **inputs)
    graph = workflow.run()
    (cluster,) = [node for node in graph.nodes() if node.name == "cluster"]
    (peaks,) = [node for node in graph.nodes() if node.name == "find_peaks"]
    return read_hits(peaks.result.outputs.peaks), cluster.result.outputs


def test_planted_loci_come_out_replicated(study, tmp_path):
    lists = {"discovery": study.discovery, "replication_ids": study.replication}
    peaks, clusters = run(study, tmp_path, "linear", **lists)
    assert {row["trait"]: row["id"] for row in peaks} == {name: f"rs{row}" for name, (row, _) in PLANTED.items()}
    assert (clusters.n_clusters, clusters.n_replicated) == (2, 2)


@pytest.mark.skipif(shutil.which("plink2") is None, reason="plink2 is not installed (Debian: plink2)")
def test_plink2_finds_the_same(study, tmp_path):
    theirs, _ = run(study, tmp_path / "theirs", "plink2")
    ours, _ = run(study, tmp_path / "ours", "linear")
    assert [(row["trait"], row["id"]) for row in theirs] == [(row["trait"], row["id"]) for row in ours]
    for one, other in zip(theirs, ours, strict=True):
        assert one["mlog10p"] == pytest.approx(other["mlog10p"], rel=1e-4)


def test_every_engine_builds_where_its_program_is(monkeypatch, tmp_path):
    for name in ("plink2", "regenie", "bgenie"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for engine in ("linear", "plink2", "regenie", "bgenie"):
        workflow = init_gwas_wf(engine)
        assert isinstance(workflow, pe.Workflow)
        asked = set(workflow.get_node("inputnode").inputs.copyable_trait_names())
        taken = {port for node, port, *_ in edges(workflow) if node.name == "inputnode"}
        assert asked - {"replication"} <= taken, "an input that nobody takes is a list of people that nobody obeys"
        assert {"scan", "find_peaks", "cluster", "estimate_heritability", "draw"} <= {n.name for n in nodes(workflow)}


def test_an_engine_that_is_not_there_is_told_when_the_graph_is_built(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ToolMissing, match="regenie is not on the PATH"):
        init_gwas_wf("regenie")
    with pytest.raises(QSMError, match="no engine 'gcta'"):
        init_gwas_wf("gcta")
