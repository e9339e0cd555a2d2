"""The graphs of a cohort, run on planted effects with the missing data of a real survey."""

import numpy as np
import pandas as pd
import pytest

from nipype_qsm.workflows.cohort import init_phenotype_wf, init_reproducibility_wf

N = 400


@pytest.fixture
def cohort(rng, tmp_path):
    ids = np.arange(1, N + 1)
    age, site = rng.uniform(45, 80, N), rng.choice(["a", "b"], N)
    planted = rng.normal(size=N)
    idps = pd.DataFrame({name: rng.normal(size=N) + 0.1 * age for name in ("QSM_SN", "T2_SN", "QSM_WMH", "T2_WMH")})
    idps["QSM_SN"] += 0.6 * planted
    idps["WMH_volume"] = rng.lognormal(8, 1, N)
    idps.loc[3, "QSM_SN"] = 1e4
    phenotypes = pd.DataFrame(rng.normal(size=(N, 6)) + 0.1 * age[:, None], columns=[f"{k}-2.0" for k in range(6)])
    phenotypes["0-2.0"] -= planted
    phenotypes = phenotypes.mask(rng.random(phenotypes.shape) < 0.4)
    covariates = pd.DataFrame({"age": age, "site": site, "sex": rng.choice(["F", "M"], N)})
    paths = {}
    for name, frame in {"idps": idps, "phenotypes": phenotypes, "covariates": covariates}.items():
        paths[name] = str(tmp_path / f"{name}.tsv")
        frame.assign(eid=ids).to_csv(paths[name], sep="\t", index=False)
    return paths


def outputs(workflow, folder, inputs):
    workflow.base_dir = str(folder)
    workflow.config["execution"] = {"remove_unnecessary_outputs": "false"}
    workflow.inputs.inputnode.trait_set(**inputs)
    return {node.name: node.result.outputs for node in workflow.run().nodes()}


def test_a_planted_effect_is_the_strongest_and_age_is_not(cohort, tmp_path):
    found = outputs(init_phenotype_wf(), tmp_path, cohort)
    made = pd.read_parquet(found["associate"].associations)
    best = made.loc[made["mlog10p"].idxmax()]
    assert (best["idp"], best["phenotype"]) == ("QSM_SN", "0-2.0")
    assert -0.6 < best["r"] < -0.2  # -0.29
    assert (made["mlog10p"] > found["associate"].bonferroni).sum() == 1
    assert set(made["idp"]) >= {"QSM_WMH_without_volume", "T2_WMH_without_volume"}
    counts = pd.read_csv(found["count_phenotypes"].counts, sep="\t").set_index("category")
    assert (counts.loc["all", "n_qsm"], counts.loc["all", "n_t2star"]) == (1, 0)
    angles = pd.read_parquet(found["compare_modalities"].comparison)
    assert angles.loc[angles["phenotype"].eq("0-2.0") & angles["region"].eq("SN"), "angle"].iloc[0] > 45
    removed = pd.read_csv(found["remove_outliers"].removed, sep="\t").set_index("column")
    assert removed.loc["QSM_SN", "n_removed"] == 1


def test_ready_confounds_and_two_visits(cohort, tmp_path):
    confounds = pd.read_csv(cohort.pop("covariates"), sep="\t")[["eid", "age"]]
    confounds.to_csv(tmp_path / "confounds.tsv", sep="\t", index=False)
    ready = {**cohort, "confounds": str(tmp_path / "confounds.tsv")}
    found = outputs(init_phenotype_wf(covariates=False, compare=False, ties="mean_rank"), tmp_path, ready)
    assert (pd.read_parquet(found["associate"].associations).eval("n - 2 - dof") == 1).all()
    twice = {"first": cohort["idps"], "second": cohort["idps"]}
    repeat = outputs(init_reproducibility_wf(n_bootstrap=50), tmp_path, twice)["compare_visits"].reproducibility
    np.testing.assert_allclose(pd.read_csv(repeat, sep="\t")["r"], 1)
