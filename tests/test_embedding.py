"""docs/embedding.md does what it says: each of its blocks is run, and what comes out is compared."""

import re
import shlex
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from click.testing import CliRunner
from fsl_players import play
from nipype.interfaces.utility import IdentityInterface
from nipype.pipeline import engine as pe
from nipype.scripts.cli import cli

from nipype_qsm.interfaces.register import ApplyTransform
from nipype_qsm.io import load_volume
from nipype_qsm.kernels.inversion.tkd import tkd

PAGE = Path(__file__).resolve().parents[1] / "docs" / "embedding.md"
SECTIONS = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
OPENING, SECTIONS = SECTIONS[0], dict(zip(SECTIONS[1::2], SECTIONS[2::2], strict=True))


def blocks(text, kind="python"):
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """Somebody who runs the opening's block and then those of the sections asked for."""
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}

    def read(*titles):
        for text in (OPENING, *(SECTIONS[title] for title in titles)):
            for block in blocks(text):
                exec(compile(block, "embedding.md", "exec"), names)
        return names

    return read


FSL = "Our workflow in a graph of FSL nodes"
STEP = "One of our steps in your graph"


def expected(threshold, names):
    field, frame = load_volume("field.nii.gz", "field_local")
    return tkd(field, names["inside"], frame.grid(), threshold=threshold)


def biobank(names, subject, folder):
    """Return the page's graph with the digital subject's files at its beginning."""
    graph, ukb = names["biobank"], subject / "ukb"
    graph.base_dir = str(folder)
    kinds = {"phase": "PHA", "magnitude": "MAG"}
    coils = {port: sorted(str(path) for path in ukb.glob(f"SWI/{kind}_TE*/*.nii.gz")) for port, kind in kinds.items()}
    files = {
        "swi": "SWI/SWI_TOTAL_MAG",
        "t1": "T1/T1",
        "mask_t1": "T1/T1_brain_mask",
        "ventricles_t1": "T2_FLAIR/lesions/T1_unbiased_ventmask",
        "t1_to_mni": "T1/transforms/T1_to_MNI_warp",
        "mni": "T1/transforms/T1_to_MNI_warp",
    }
    graph.inputs.given.trait_set(**coils, **{port: str(ukb / f"{name}.nii.gz") for port, name in files.items()})
    return graph


COMMANDS = """
flirt -in SWI_TOTAL_MAG.nii.gz -ref T1.nii.gz -out SWI_TOTAL_MAG_flirt.nii.gz -omat SWI_to_T1.mat -dof 6
convert_xfm -omat T1_to_SWI.mat -inverse SWI_to_T1.mat
flirt -in T1_brain_mask.nii.gz -ref SWI_TOTAL_MAG.nii.gz -out mask.nii.gz -omat T1_brain_mask_flirt.mat \
  -applyxfm -init T1_to_SWI.mat -interp trilinear
flirt -in T1_unbiased_ventmask.nii.gz -ref SWI_TOTAL_MAG.nii.gz -out ventricles.nii.gz \
  -omat T1_unbiased_ventmask_flirt.mat -applyxfm -init T1_to_SWI.mat -interp trilinear
flirt -in chi_referenced.nii -ref T1.nii.gz -out chi_to_T1.nii.gz -omat chi_referenced_flirt.mat \
  -applyxfm -init SWI_to_T1.mat -interp spline
applywarp --in=chi_referenced.nii --ref=T1_to_MNI_warp.nii.gz --out=chi_to_MNI.nii.gz \
  --warp=T1_to_MNI_warp.nii.gz --premat=SWI_to_T1.mat --interp=spline --rel
"""


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_our_workflow_runs_inside_a_graph_of_fsl_nodes(reader, small_subject, tmp_path, monkeypatch):
    ukb = small_subject / "ukb"
    calls = play(tmp_path, monkeypatch, ukb / "SWI" / "SWI_to_T1.mat")
    graph = biobank(reader(FSL), small_subject, tmp_path)
    graph.run()
    said = re.sub(r"(?:/[^/ =\n]+)+/", "", calls.read_text())
    assert sorted(said.splitlines()) == sorted(re.sub(" +", " ", COMMANDS).strip().splitlines())
    ways = {"T1": ["SWI/SWI_to_T1.mat"], "MNI": ["SWI/SWI_to_T1.mat", "T1/transforms/T1_to_MNI_warp.nii.gz"]}
    for place, files in ways.items():
        (found,) = tmp_path.glob(f"biobank/*/chi_to_{place}.nii.gz")
        move = ApplyTransform(reference=str(found), transforms=[str(ukb / name) for name in files])
        truth, brain = (moved(move, ukb / "truth" / f"{name}.nii.gz", tmp_path) for name in ("chi", "mask_brain"))
        chi = nib.load(found).get_fdata()
        both = (brain > 0.9) & (chi != 0)
        assert both.sum() > 0.95 * (brain > 0.9).sum(), place  # measured 1.00 of both
        assert np.corrcoef(chi[both], truth[both])[0, 1] > 0.6, place  # measured 0.675 and 0.641


def moved(move, image, folder):
    move.inputs.moving = str(image)
    return nib.load(move.run(cwd=str(folder)).outputs.moved).get_fdata()


def test_one_of_our_steps_runs_in_a_strangers_workflow(reader):
    names = reader(FSL, STEP)
    chi = load_volume("results/maps/chi.nii", "chi")[0]
    np.testing.assert_allclose(chi, expected(0.1, names), atol=1e-6)
    assert np.corrcoef(chi[names["inside"]], names["ball"][names["inside"]])[0, 1] > 0.5


NIPREPS = "NiPreps-style workflows"
THEIRS = "from niworkflows.engine.workflows import LiterateWorkflow as Workflow"


def test_our_workflow_is_composed_as_those_of_nipreps(reader):
    workflow = reader(FSL, NIPREPS)["susceptibility"]
    assert isinstance(workflow, pe.Workflow)
    ends = {name: set(workflow.get_node(name).interface._fields) for name in ("inputnode", "outputnode")}
    assert ends == {
        "inputnode": {"phase", "magnitude", "echo_times", "brain_mask"},
        "outputnode": {"chi", "t2star", "field_ppm"},
    }
    assert workflow.get_node("qsm_wf.inversion_wf.invert").n_procs == 2
    for words in ("MCPC-3D-S", "ROMEO", "total variation"):
        assert words in workflow.__desc__
    application = pe.Workflow(name="application")
    boldref = pe.Node(IdentityInterface(["field"]), name="boldref")
    application.connect(workflow, "outputnode.field_ppm", boldref, "field")
    assert len(application._create_flat_graph().nodes()) > 15


def test_niworkflows_collects_the_sentences(reader):
    """With the package itself, where it is installed: it takes seconds to import, and is no dependency."""
    literate = pytest.importorskip("niworkflows.engine.workflows", reason="niworkflows is not installed")
    names, (block,) = reader(FSL), blocks(SECTIONS[NIPREPS])
    theirs = block.replace("import Node, Workflow", f"import Node\n{THEIRS}")
    assert theirs != block
    assert THEIRS in SECTIONS[NIPREPS]
    exec(compile(theirs, "embedding.md", "exec"), names)
    application = literate.LiterateWorkflow(name="application")
    application.add_nodes([names["susceptibility"]])
    assert "total variation" in application.visit_desc()


def test_nipypecli_runs_the_commands_of_the_page(reader):
    names = reader()
    shown, run = (shlex.split(line)[1:] for line in blocks(SECTIONS["nipypecli"], "bash")[0].splitlines())
    said = CliRunner().invoke(cli, shown)
    assert said.exit_code == 0
    assert "smallest divisor; larger underestimates" in " ".join(said.output.split())
    done = CliRunner().invoke(cli, run, catch_exceptions=False)
    assert done.exit_code == 0
    np.testing.assert_allclose(load_volume("chi.nii", "chi")[0], expected(0.2, names), atol=1e-6)


@pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")
def test_interfaces_run_as_tasks_of_pydra(reader):
    pytest.importorskip("pydra.compose", reason="pydra is not installed (extra `pydra`)")
    names = reader(FSL, STEP, "Pydra")
    np.testing.assert_allclose(load_volume(names["chi"], "chi")[0], expected(0.15, names), atol=1e-6)
    for path, threshold in zip(names["three"], (0.1, 0.15, 0.2), strict=True):
        np.testing.assert_allclose(load_volume(path, "chi")[0], expected(threshold, names), atol=1e-6)


def test_kernels_run_alone(reader, capsys):
    reader("A kernel in a notebook")
    found = [float(value) for value in re.findall(r": (-?\d\.\d+) of 0\.1 ppm", capsys.readouterr().out)]
    assert len(found) == 2
    assert found[0] > found[1] > 0.05


def test_every_section_of_the_page_is_run():
    assert set(SECTIONS) == {FSL, STEP, NIPREPS, "nipypecli", "Pydra", "A kernel in a notebook"}
