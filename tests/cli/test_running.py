"""What a run says, keeps and takes away."""

import re
import shutil

import pytest

from nipype_qsm.cli.main import main
from nipype_qsm.cli.running import leaving_nothing
from nipype_qsm.errors import GeometryError
from nipype_qsm.interfaces.reference import CSFReference
from nipype_qsm.io import read_json, save_volume


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    """Leave out the drawing, which takes longer than the rest."""
    monkeypatch.setattr("nipype_qsm.reports.subject.subject_report", lambda folder: folder / "report.html")


@pytest.fixture
def command(small_subject, tmp_path):
    """The files door on combined images of a small subject."""

    def make(*more, echoes=(1, 2)):
        anat = small_subject / "bids" / "sub-01" / "anat"
        arguments = ["files", tmp_path / "out", "--mask", small_subject / "bids/truth/mask_brain.nii.gz"]
        arguments += ["--reference-mask", small_subject / "bids/truth/mask_reference.nii.gz"]
        for port, part in (("--phase", "phase"), ("--magnitude", "mag")):
            arguments += [port, *(anat / f"sub-01_echo-{echo}_part-{part}_MEGRE.nii.gz" for echo in echoes)]
        # The cheapest method at each step.
        arguments += ["--inversion", "tkd", "--background", "sharp", "--coils", "combined", "--n-procs", 1]
        return [str(argument) for argument in [*arguments, *more]]

    return make


def refuses(chi, mask_tissue, mask_reference, grid):
    """Stand in for a reference that refuses its input, after the map was inverted."""
    raise GeometryError("The reference lies elsewhere.", remedy="Give another one.")


@pytest.fixture
def refusing(monkeypatch):
    """Have every run refused at its reference."""
    monkeypatch.setattr(CSFReference, "_kernel", staticmethod(refuses))


def test_an_error_inside_a_node_is_told_as_problem_and_cure_in_two_lines(command, capsys, refusing):
    assert main(command("--quiet")) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[-2] == "nipype-qsm: The reference lies elsewhere."
    assert told[-1].startswith("            Give another one.")


def test_a_map_that_was_inverted_is_kept_when_the_reference_is_refused(command, tmp_path, capsys, refusing):
    assert main(command("--quiet")) == 2
    told = capsys.readouterr().err
    kept = list((tmp_path / "out").rglob("invert/chi.nii"))
    assert len(kept) == 1
    assert not (tmp_path / "out" / "graph.html").exists()
    assert f"What was made so far is kept ({kept[0]})" in told
    assert f"--work-dir {tmp_path / 'out' / 'work'}" in told


def test_another_recordings_map_in_a_shared_work_folder_keeps_nothing_of_this_one(tmp_path):
    shared = tmp_path / "work"
    (shared / "sub-1" / "invert").mkdir(parents=True)
    (shared / "sub-1" / "invert" / "chi.nii").touch()
    own = shared / "sub-2"
    with pytest.raises(GeometryError) as told, leaving_nothing(own, work=own, work_dir=shared):
        (own / "load").mkdir(parents=True)
        raise GeometryError("This one is oblique.", remedy="Give another.")
    assert told.value.remedy == "Give another." and not own.exists()
    own = shared / "sub-3"
    with pytest.raises(GeometryError) as told, leaving_nothing(own, work=own, work_dir=shared):
        (own / "invert").mkdir(parents=True)
        (own / "invert" / "chi.nii").touch()
        raise GeometryError("The reference lies elsewhere.", remedy="Give another.")
    assert str(own / "invert" / "chi.nii") in told.value.remedy and f"--work-dir {shared}." in told.value.remedy
    assert own.exists()


def test_a_run_goes_on_from_what_was_kept(command, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(CSFReference, "_kernel", staticmethod(refuses))
        assert main(command("--quiet")) == 2
    (kept,) = (tmp_path / "out").rglob("invert/chi.nii")
    made = kept.stat().st_mtime_ns
    assert main(command("--quiet", "--work-dir", tmp_path / "out" / "work")) == 0
    assert kept.stat().st_mtime_ns == made
    assert (tmp_path / "out" / "chi_referenced.nii.gz").is_file()


def test_two_nodes_of_one_name_are_told_apart(command, tmp_path, capsys):
    assert main(command()) == 0
    told = capsys.readouterr().err
    assert "drop_unreliable (refine_mask_brain)" in told
    assert "drop_unreliable (refine_mask_local)" in told
    names = [each["node"] for each in read_json(tmp_path / "out" / "summary.json")["runtime"]]
    assert len(set(names)) == len(names)


def test_no_map_of_an_earlier_run_is_left(command, small_subject, tmp_path):
    assert main(command("--quiet")) == 0
    assert (tmp_path / "out" / "t2star.nii.gz").is_file()
    assert main(command("--quiet", echoes=(2,))) == 0
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert not {"t2star.nii.gz", "t2star.json", "r2star.nii.gz", "phase_echo-2.nii.gz"} & left
    assert "chi_referenced.nii.gz" in left


def test_a_finished_run_with_a_kept_work_folder_delivers_again(command, tmp_path):
    assert main(command("--quiet", "--work-dir", tmp_path / "work")) == 0
    states = re.findall(r'"state":"(\w+)"', (tmp_path / "out" / "graph.html").read_text())
    assert len(states) > 10 and set(states) == {"done"}
    shutil.rmtree(tmp_path / "out")
    assert main(command("--quiet", "--work-dir", tmp_path / "work")) == 0
    states = re.findall(r'"state":"(\w+)"', (tmp_path / "out" / "graph.html").read_text())
    assert states.count("cached") > 10 and set(states) == {"cached", "done"}
    assert (tmp_path / "out" / "chi_referenced.nii.gz").is_file()


def test_an_image_of_another_maker_is_not_overwritten(command, tiny, tmp_path, capsys):
    from nipype_qsm.io import load_volume

    values, frame = load_volume(tiny.mask, "mask")
    save_volume(values, frame, tmp_path / "out" / "chi.nii.gz", "chi")
    assert main(command()) == 2
    told = capsys.readouterr().err
    assert "chi.nii.gz is there already" in told
    assert "another output folder" in told
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["chi.nii.gz"]


@pytest.mark.parametrize(
    "given", [[], ["--phase", "a.nii"], ["--dicom", "d", "--phase", "a.nii", "--magnitude", "b.nii"]]
)
def test_files_and_dicom_are_one_or_the_other(given, tmp_path, capsys):
    assert main(["files", str(tmp_path / "out"), *given]) == 2
    assert "--dicom DIR alone" in capsys.readouterr().err


def test_a_map_that_was_deleted_between_two_runs_is_made_again_and_nothing_else(command, tmp_path, capsys):
    call = command("--work-dir", tmp_path / "work")
    assert main(call) == 0
    (lost,) = (tmp_path / "work").rglob("invert/chi.nii")
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*/field_*.nii")}
    before = lost.read_bytes()
    lost.unlink()
    capsys.readouterr()
    assert main(call) == 0
    assert lost.read_bytes() == before
    assert len(kept) >= 2
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
