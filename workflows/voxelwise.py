"""Every voxel of a store of maps against phenotypes and variants: stretches of voxels as nodes, maps at the end."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.workflows.cohort import cohort_node

INPUTS = ["store", "phenotypes", "confounds", "dosages", "genotypes", "samples", "components"]
INPUTS += ["withdrawn", "background"]


def init_voxelwise_wf(*, n_procs: int = 1, name: str = "voxelwise_wf", **options: Any) -> pe.Workflow:
    """Correlate every voxel with phenotypes and variants, and write and draw maps of r, -log10 P and n.

    Parameters
    ----------
    n_procs : int
        Threads of each node of voxels; several nodes of one thread are faster.
    name : str
    **options
        Set on every step that knows them: `voxels_per_node`, `dof`, `min_subjects`, `min_dof`, `factor`, `normalise`,
        `n_components`, `columns`, `variants`, `precision`, `alpha`, `q`, `folder`, `id_column`, `visit`, ...

    Inputs
    ------
    store, phenotypes, confounds, dosages, genotypes, samples, components, withdrawn, background

    Outputs
    -------
    maps, average, summary, facts, figures, page
    """
    chain = Chain(name, INPUTS)
    chain.add(cohort_node("voxel_design", "prepare", options, mem_gb=2.0))
    chain.add(
        cohort_node("voxelwise", "correlate", options, over="voxels", n_procs=n_procs, mem_gb=2.0), {"voxels": "ranges"}
    )
    chain.add(cohort_node("voxel_maps", "write_maps", options, mem_gb=1.0))
    chain.add(cohort_node("voxel_figures", "draw", options, mem_gb=1.0))
    return chain.finish(["maps", "average", "summary", "facts", "figures", "page"])
