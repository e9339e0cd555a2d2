"""From genotypes and the phenotypes of a cohort to associations, peaks, clusters and heritability."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.errors import QSMError
from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.genetics import (
    BGENIE,
    Clusters,
    Collect,
    GwasPlots,
    Heritability,
    LinearGWAS,
    Peaks,
    Plink2,
    Regenie,
)

ENGINES = {"linear": LinearGWAS, "plink2": Plink2, "regenie": Regenie, "bgenie": BGENIE}
OWN_OUTPUTS = {"replication": "replication_results", "discovery": "discovery_results"}
INPUTS = (
    "genotypes",
    "samples",
    "trait_table",
    "covariates",
    "keep",
    "exclude",
    "replication",
    "genetic_map",
    "ld_scores",
)
OWN_INPUTS = ("discovery", "replication_ids")


def init_gwas_wf(
    engine: str = "linear",
    *,
    with_heritability: bool = True,
    standardise: bool = True,
    threshold: float = 7.5,
    n_procs: int = 1,
    name: str = "gwas_wf",
    **options: Any,
) -> pe.Workflow:
    """Scan the genome for all phenotypes and gather what is found.

    Parameters
    ----------
    engine : str
        Who tests: `linear` (this package), `plink2`, `regenie` (related people) or `bgenie`; what follows is the same.
    with_heritability : bool
        Estimate heritability, too; needs LD scores of the whole genome.
    standardise : bool
        Effects in standard deviations of what the covariates leave, as published; the engine `linear` alone knows it.
    threshold : float, -log10 P
        Of a peak.
    n_procs : int
        Threads of the scan.
    name : str
    **options
        Set on the engine's interface.

    Inputs
    ------
    genotypes, samples, trait_table, covariates, keep, exclude, replication, genetic_map, ld_scores
    discovery, replication_ids
        With the engine `linear`.

    Outputs
    -------
    results, peaks, table_1, clusters, members, table_2, replication_counts, manhattan, and heritability
    """
    if engine not in ENGINES:
        raise QSMError(f"There is no engine '{engine}'.", remedy=f"Choose one of: {', '.join(ENGINES)}.")
    own = engine == "linear"
    if own:
        options.setdefault("standardise", standardise)
    scan = pe.Node(ENGINES[engine](**options), name="scan", n_procs=n_procs, mem_gb=2.0)
    chain = Chain(name, [*INPUTS, *(OWN_INPUTS if own else ())])
    chain.add(scan, takes={"replication": "replication_ids"} if own else {}, gives=OWN_OUTPUTS if own else {})
    if not own:
        chain.add(pe.Node(Collect(program=engine), name="collect", mem_gb=1.0))
    peaks = pe.Node(Peaks(threshold=threshold), name="find_peaks", mem_gb=1.0)
    chain.add(peaks, takes={"replication": ""} if own else {})
    chain.add(pe.Node(Clusters(), name="cluster", mem_gb=0.3), gives={"replication": "replication_counts"})
    if with_heritability:
        chain.add(pe.Node(Heritability(), name="estimate_heritability", mem_gb=3.0))
    draw = pe.Node(GwasPlots(kind="manhattan", form="html"), name="draw", mem_gb=0.6)
    unused = ("genotypes", "samples", "trait_table")
    chain.add(draw, takes=dict.fromkeys(unused, ""), gives={"figure": "manhattan"})
    outputs = ["results", "peaks", "table_1", "clusters", "members", "table_2", "replication_counts", "manhattan"]
    return chain.finish([*outputs, *(["heritability"] if with_heritability else [])])
