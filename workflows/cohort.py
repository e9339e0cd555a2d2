"""Tables of many subjects: from raw phenotypes to associations, and from two visits to reproducibility."""

from __future__ import annotations

from typing import Any

from nipype.pipeline import engine as pe

from nipype_qsm.graph import Chain
from nipype_qsm.interfaces.cohort import COHORT_METHODS


def init_phenotype_wf(
    *, covariates: bool = True, compare: bool = True, n_procs: int = 1, name: str = "phenotype_wf", **options: Any
) -> pe.Workflow:
    """Clean phenotypes, build confounds, and correlate every phenotype of the brain with every other.

    Parameters
    ----------
    covariates : bool
        Build confounds from a table of covariates; otherwise `confounds` is a ready table.
    compare : bool
        Compare susceptibility with T2*, and count unique phenotypes; the names of the idps tell their modality.
    n_procs : int
        Threads of the association.
    name : str
    **options
        Set on every step that knows them: `id_column`, `visit`, `withdrawn`, `mode`, `dof`, `factor`, `ties`,
        `nonlinear`, `crossed`, ...

    Inputs
    ------
    idps, phenotypes, covariates or confounds, categories

    Outputs
    -------
    idps_clean, phenotypes_clean, confounds, associations, top, summary, and comparison and counts where compared
    """
    given = "covariates" if covariates else "confounds"
    chain = Chain(name, ["idps", "phenotypes", given, "categories"])
    chain.add(cohort_node("outliers", "remove_outliers", options), {"values": "idps"}, {"values": "idps_inside"})
    chain.add(cohort_node("wmh_regression", "regress_volume", options), {"idps": "idps_inside"}, {"idps": "idps_all"})
    chain.add(cohort_node("inverse_normal", "make_normal", options), {"values": "idps_all"}, {"values": "idps_clean"})
    normal = cohort_node("inverse_normal", "make_phenotypes_normal", options)
    chain.add(normal, {"values": "phenotypes"}, {"values": "phenotypes_clean"})
    if covariates:
        chain.add(cohort_node("confounds", "build_confounds", options), {"idps": "idps_clean"})
    associate = cohort_node("associate", "associate", options, n_procs=n_procs, mem_gb=4)
    chain.add(associate, {"idps": "idps_clean", "phenotypes": "phenotypes_clean"})
    outputs = ["idps_clean", "phenotypes_clean", "associations", "top", "summary"]
    if compare:
        chain.add(cohort_node("bland_altman", "compare_modalities", options))
        chain.add(cohort_node("unique_phenotypes", "count_phenotypes", options), {"threshold": "bonferroni"})
        outputs += ["comparison", "counts"]
    return chain.finish([*outputs, *(["confounds"] if covariates else [])])


def init_reproducibility_wf(*, name: str = "reproducibility_wf", **options: Any) -> pe.Workflow:
    """Compare two visits of the same subjects, as given and with other zero levels of susceptibility.

    Parameters
    ----------
    name : str
    **options
        Set on the interface: `id_column`, `n_bootstrap`, `level`, `seed`.

    Inputs
    ------
    first, second, references_first, references_second

    Outputs
    -------
    reproducibility
    """
    chain = Chain(name, ["first", "second", "references_first", "references_second"])
    return chain.add(cohort_node("reproducibility", "compare_visits", options)).finish()


def cohort_node(
    method: str, name: str, options: dict[str, Any], *, over: str = "", n_procs: int = 1, mem_gb: float = 1.0
) -> pe.Node:
    """Return a node of a method of cohorts with those options that it knows.

    Parameters
    ----------
    method, name : str
    options : dict
    over : str
        Port whose list is taken item by item (a MapNode).
    n_procs : int
    mem_gb : float
    """
    interface = COHORT_METHODS.make(method)
    known = {key: value for key, value in options.items() if key in interface.inputs.copyable_trait_names()}
    interface.inputs.trait_set(**known)
    if over:
        return pe.MapNode(interface, iterfield=[over], name=name, n_procs=n_procs, mem_gb=mem_gb)
    return pe.Node(interface, name=name, n_procs=n_procs, mem_gb=mem_gb)
