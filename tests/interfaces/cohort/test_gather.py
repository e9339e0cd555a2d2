import pandas as pd
import pytest

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort.gather import Gather

HEAD = "name\tvalue\tunit\tn_voxels\tstatistic\tregion\tquantity\tukb_name\tukb_field\treason\n"
GRADIENTS = "name\tn_voxels\tgradient_hz_per_mm\tdephasing_rate_per_s\tt2star_bias_ms\treason\n"


@pytest.fixture
def results(in_folder):
    """Write the table of one subject's phenotypes below a folder."""

    def write(place, value, t2star="NaN"):
        folder = in_folder / place
        folder.mkdir(parents=True)
        rows = f"QSM_Left_SN\t{value}\tppb\t10\tmedian\t\t\t\t\t\nT2_Left_SN\t{t2star}\tms\t10\tmedian\t\t\t\t\t\n"
        (folder / "idps.tsv").write_text(HEAD + rows)
        (folder / "confounds.tsv").write_text(GRADIENTS + f"T2_Left_SN\t10\t{value / 10}\t1\t1\t\n")
        return in_folder

    return write


def frame(path):
    return pd.read_csv(path, sep="\t", dtype={"eid": str, "visit": str}).set_index("eid")


@pytest.mark.parametrize(
    ("place", "who", "visit"),
    [
        ("out/sub-01/ses-2/tables", "01", "2"),
        ("out/sub-A7/anat", "A7", None),
        ("out/1000010_20252_3_0/SWI", "1000010", "3"),
        ("out/1000010_2/IDP_files", "1000010", "2"),
        ("out/1000010/IDP_files", "1000010", None),
        ("out/patient9", "patient9", None),
    ],
)
def test_the_path_tells_whose_a_result_is(results, place, who, visit):
    results(place, 5.0)
    made = frame(Gather(sources=["out"]).run().outputs.idps)
    assert list(made.index) == [who]
    assert (made["visit"].iloc[0] if "visit" in made else None) == visit
    assert made["QSM_Left_SN"].iloc[0] == 5


def test_subjects_and_visits_become_rows_and_gradients_a_table_beside(results):
    for subject in ("01", "02"):
        for visit in ("2", "3"):
            results(f"out/sub-{subject}/ses-{visit}", float(subject) * 10 + float(visit), 30.0)
    found = Gather(sources=["out"]).run().outputs
    made = frame(found.idps)
    assert list(zip(made.index, made["visit"], made["QSM_Left_SN"], strict=True)) == [
        ("01", "2", 12.0), ("01", "3", 13.0), ("02", "2", 22.0), ("02", "3", 23.0),
    ]  # fmt: skip
    assert list(frame(found.gradients)["T2_Left_SN"]) == [1.2, 1.3, 2.2, 2.3]
    dictionary = pd.read_csv(found.dictionary, sep="\t").set_index("name")
    assert dictionary["unit"].to_dict() == {"QSM_Left_SN": "ppb", "T2_Left_SN": "ms"}


def test_the_flow_counts_everybody_who_is_left_out(save, in_folder):
    ids = [1, 2, 3, 4, 5, 6, -7]
    idps = save("i.tsv", {"QSM_SN": [1.0, 2, 3, 4, 5, None, 7]}, ids)
    flags = save("f.tsv", {"motion": [1, 1, 0, 0, 0, 0], "registration": [1, 0, 2, 0, None, 0]}, ids[:6])
    (in_folder / "w.csv").write_text("5\n-7\n")  # one is left out twice, and counted once
    found = Gather(sources=[idps], flags=flags, withdrawn="w.csv").run().outputs
    flow = pd.read_csv(found.flow, sep="\t")
    assert list(zip(flow["step"], flow["n"], strict=True)) == [
        *(("scanned", 7), ("id is not positive", 1), ("withdrawn", 1)),
        *(("motion", 2), ("registration", 1), ("no phenotype", 1), ("analysed", 1)),
    ]
    assert list(frame(found.idps).index) == ["4"]


def test_other_columns_of_the_same_subjects_come_beside_and_other_subjects_below(save):
    one = save("a.tsv", {"QSM_SN": [1.0, 2.0]}, [1, 2])
    beside = save("b.csv", {"T2_SN": [30.0, 40.0]}, [2, 3])
    below = save("c.parquet", {"QSM_SN": [9.0]}, [9])
    made = frame(Gather(sources=[one, beside, below]).run().outputs.idps)
    assert sorted(made.index) == ["1", "2", "3", "9"]
    assert made.loc["2"].to_dict() == {"QSM_SN": 2.0, "T2_SN": 30.0}


def test_faults_are_told_with_their_cure(results, save, in_folder):
    (in_folder / "empty").mkdir()
    with pytest.raises(QSMError, match=r"No idps\.tsv lies below"):
        Gather(sources=["empty"]).run()
    results("twice/a/sub-01", 1.0)
    results("twice/b/sub-01", 2.0)
    with pytest.raises(QSMError, match="are both of subject 01"):
        Gather(sources=["twice"]).run()
    same = save("a.tsv", {"QSM_SN": [1.0]}, [1]), save("b.tsv", {"QSM_SN": [1.0]}, [1])
    with pytest.raises(QSMError, match="have the column QSM_SN for the same subjects"):
        Gather(sources=list(same)).run()
    with pytest.raises(QSMError, match="neither a folder nor a table"):
        Gather(sources=["empty.nii"]).run()
