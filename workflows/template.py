"""Maps of many subjects: into one store, and from the store to templates."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.workflows.cohort import cohort_node

GROUPS = ["groups", "withdrawn"]
"""Tables that tell who is in which group, and who in none."""


def init_ingest_wf(*, name: str = "ingest_wf", **options: Any) -> pe.Workflow:
    """Put the maps of many subjects into a store, one node a unit of 256 subjects; what is there already stays.

    Parameters
    ----------
    name : str
    **options
        Set on every step that knows them: `quantity`, `declared_unit`, `space`, `visit`, `id_column`, `unit_size`,
        `by`, `age`, `young`, `old`, ...

    Inputs
    ------
    maps, store, mask, groups, withdrawn

    Outputs
    -------
    store_ready : str
        The store's folder.
    finished : list of int
        Units that were ingested.
    """
    chain = Chain(name, ["maps", "store", "mask", *GROUPS])
    return _ingest(chain, options).finish(["store_ready", "finished"])


def init_template_wf(*, ingest: bool = False, name: str = "template_wf", **options: Any) -> pe.Workflow:
    """Average a store's maps, for everyone and for groups: nodes of some units each, and one that puts them together.

    Parameters
    ----------
    ingest : bool
        Put maps into the store first; the sums of groups are then taken while maps are in memory.
    name : str
    **options
        Set on every step that knows them: `by`, `age`, `young`, `old`, `min_coverage`, `units_per_node`, `visit`,
        `id_column`, and those of `init_ingest_wf`.

    Inputs
    ------
    store, groups, withdrawn, and with `ingest` maps and mask

    Outputs
    -------
    average, variance, coverage, ageing, averages, summary, report
    """
    chain = Chain(name, ["store", *GROUPS, *(["maps", "mask"] if ingest else [])])
    takes = {}
    if ingest:
        _ingest(chain, options)
        takes = {"store": "store_ready"}
    chain.add(cohort_node("unit_shares", "share_units", options, mem_gb=0.4), takes=takes)
    sums = cohort_node("unit_sums", "add_up", options, over="numbers", mem_gb=1.5)
    chain.add(sums, takes={"numbers": "shares", **takes})
    chain.add(cohort_node("template", "make_templates", options, mem_gb=1.5), takes=takes)
    return chain.finish(["average", "variance", "coverage", "ageing", "averages", "summary", "report"])


def _ingest(chain: Chain, options: dict[str, Any]) -> Chain:
    chain.add(cohort_node("ingest_plan", "plan_ingest", options, mem_gb=1.0), gives={"store": "store_ready"})
    ingest = cohort_node("ingest", "ingest", options, over="number", mem_gb=2.0)
    return chain.add(ingest, takes={"store": "store_ready", "number": "numbers"})
