import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, t

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort import associate as module
from nipype_qsm.interfaces.cohort.associate import Associate, readable
from nipype_qsm.io import read_json
from nipype_qsm.kernels.cohort.joint import associate_jointly
from oracles import regressed_row_by_row


def expected_pairs(idps, phenotypes, rank):
    for idp in idps:
        for phenotype in phenotypes:
            both = idps[idp].notna() & phenotypes[phenotype].notna()
            r = pearsonr(idps[idp][both], phenotypes[phenotype][both]).statistic
            dof = both.sum() - 2 - rank
            tail = t.logsf(abs(r) * np.sqrt(dof / (1 - r**2)), dof)
            yield idp, phenotype, r, both.sum(), dof, -(np.log(2) + tail) / np.log(10)


@pytest.mark.parametrize("block", [1, 3, 1024])
@pytest.mark.parametrize("with_confounds", [False, True])
def test_every_pair_has_a_row_as_computed_one_by_one(cohort, monkeypatch, block, with_confounds):
    monkeypatch.setattr(module, "BLOCK", block)
    frames, paths = cohort
    if not with_confounds:
        paths.pop("confounds")
    found = Associate(**paths).run().outputs
    made = pd.read_parquet(found.associations)
    assert list(made.columns) == ["idp", "phenotype", "r", "n", "dof", "mlog10p", "reason"]
    assert len(made) == 20
    idps, phenotypes = frames["idps"], frames["phenotypes"]
    if with_confounds:
        confounds = frames["confounds"].to_numpy()
        idps, phenotypes = (
            pd.DataFrame(regressed_row_by_row(frame.to_numpy(), confounds)[0], frame.index, frame.columns)
            for frame in (idps, phenotypes)
        )
    made = made.set_index(["idp", "phenotype"])
    for idp, phenotype, r, n, dof, mlog10p in expected_pairs(idps, phenotypes, 3 if with_confounds else 0):
        row = made.loc[idp, phenotype]
        assert (row["n"], row["dof"]) == (n, dof)
        assert row["r"] == pytest.approx(r, abs=1e-12)  # 4e-16
        assert row["mlog10p"] == pytest.approx(mlog10p, rel=1e-9)
    top = pd.read_csv(found.top, sep="\t")
    assert (top.loc[0, "idp"], top.loc[0, "phenotype"]) == ("QSM_WMH", "10-2.0") or not with_confounds
    assert top["mlog10p"].is_monotonic_decreasing
    summary = read_json(found.summary)
    assert (summary["n_subjects"], summary["n_tests"]) == (150, 20)
    assert found.bonferroni == pytest.approx(-np.log10(0.05 / 20))


def test_parquet_and_text_give_the_same(cohort, save):
    frames, paths = cohort
    text = pd.read_parquet(Associate(idps=paths["idps"], phenotypes=paths["phenotypes"]).run().outputs.associations)
    path = save("p.parquet", frames["phenotypes"], frames["phenotypes"].index)
    parquet = pd.read_parquet(Associate(idps=paths["idps"], phenotypes=path).run().outputs.associations)
    pd.testing.assert_frame_equal(text, parquet, rtol=1e-12)


def test_joint_mode_is_the_partial_correlation(cohort):
    frames, paths = cohort
    made = pd.read_parquet(Associate(**paths, mode="joint").run().outputs.associations)
    expected = associate_jointly(*(frames[name].to_numpy() for name in ("idps", "phenotypes", "confounds")))
    np.testing.assert_allclose(made["r"], expected.r.T.ravel(), atol=1e-12)
    np.testing.assert_array_equal(made["dof"], expected.dof.T.ravel())


def test_own_confounds_cost_their_idp_one_degree_of_freedom(cohort, save, rng):
    frames, paths = cohort
    own = save("own.tsv", {"T2_WMH": rng.normal(size=150)}, frames["idps"].index)
    made = pd.read_parquet(Associate(**paths, own_confounds=own).run().outputs.associations)
    lost = (made["n"] - 2 - made["dof"]).groupby(made["idp"]).unique()
    assert {name: list(value) for name, value in lost.items()} == {name: [3] for name in frames["idps"]} | {
        "T2_WMH": [4]
    }


def test_columns_that_cannot_be_used_are_rows_with_a_reason(cohort, save):
    frames, paths = cohort
    odd = {
        "words": ["yes"] * 150,
        "dates": ["2020-01-02"] * 150,
        "constant": [0.1] * 150,
        "empty": [np.nan] * 150,
        "few": [*range(39), *[np.nan] * 111],
        "many confounds": [*np.sin(range(45)), *[np.nan] * 105],
    }
    path = save("odd.csv", odd, frames["idps"].index)
    wide = np.random.default_rng(0).normal(size=(150, 60))
    confounds = save("wide.parquet", {f"c{k}": wide[:, k] for k in range(60)}, frames["idps"].index)
    made = pd.read_parquet(
        Associate(idps=paths["idps"], phenotypes=path, confounds=confounds).run().outputs.associations
    )
    assert len(made) == 30
    assert made["r"].isna().all()
    assert made["mlog10p"].isna().all()
    reasons = made.groupby("phenotype", sort=False)["reason"].unique()
    assert {name: list(value) for name, value in reasons.items()} == {
        "words": ["not numbers: 'yes'"],
        "dates": ["not numbers: '2020-01-02'"],
        "constant": ["constant"],
        "empty": ["fewer subjects than required"],
        "few": ["fewer subjects than required"],
        "many confounds": ["45 subjects and 44 independent confounds leave -1 degrees of freedom"],
    }


def test_withdrawn_and_redacted_participants_are_left_out_and_said(cohort, save, in_folder):
    frames, paths = cohort
    (in_folder / "withdrawn.csv").write_text("1000001\n1000002\n")
    idps = frames["idps"].copy()
    idps.index = [-1, -2, *idps.index[2:]]
    path = save("redacted.tsv", idps, idps.index)
    with pytest.warns(UserWarning, match="Withdrawn participants or ids that are not positive left out: 2 of idps"):
        found = Associate(idps=path, phenotypes=paths["phenotypes"], withdrawn="withdrawn.csv").run().outputs
    assert read_json(found.summary)["n_subjects"] == 148


def test_tables_are_joined_by_id_alone(cohort, save):
    frames, paths = cohort
    ids = frames["idps"].index
    half = save("half.tsv", frames["phenotypes"].iloc[:100], [f"{one}.0" for one in ids[:100]])
    with pytest.warns(UserWarning, match="100 subjects are in all tables; without a partner: 50 of idps"):
        made = pd.read_parquet(Associate(idps=paths["idps"], phenotypes=half).run().outputs.associations)
    assert made["n"].max() <= 100
    other = save("other.tsv", frames["phenotypes"], [f"sub-{one}" for one in ids])
    with pytest.raises(QSMError, match="No subject is in all tables"):
        Associate(idps=paths["idps"], phenotypes=other).run()


def test_text_among_the_idps_and_confounds_that_are_all_missing_are_refused(cohort, save):
    frames, paths = cohort
    bad = frames["idps"].astype(object)
    bad.iloc[7, 1] = "1,5"
    with pytest.raises(
        QSMError, match=r"Column QSM_WMH .* holds text: '1,5' for eid 1000008, which looks like a decimal comma"
    ):
        Associate(idps=save("bad.tsv", bad, bad.index), phenotypes=paths["phenotypes"]).run()
    empty = save("empty.tsv", {"age": [np.nan] * 150}, frames["idps"].index)
    with pytest.raises(QSMError, match="confound age has no value"):
        Associate(idps=paths["idps"], phenotypes=paths["phenotypes"], confounds=empty).run()


@pytest.mark.parametrize(
    ("mlog10p", "written"), [(1700.70677, "2e-1701"), (0.301, "0.5"), (3.0, "1e-3"), (1.3, "0.0501"), (np.inf, "0")]
)
def test_p_is_readable_however_small(mlog10p, written):
    assert readable(mlog10p) == written
