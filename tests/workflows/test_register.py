import os
import shutil

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.atlases import ICBM2009C
from nipype_qsm.errors import GeometryError, QSMError, ToolMissing
from nipype_qsm.graph import edges
from nipype_qsm.transforms import load_matrix
from nipype_qsm.workflows.register import init_head_wf, init_pair_wf, init_register_wf, registration_method
from nipype_qsm.workflows.register_fsl import HEAD_PROGRAMS

STANDARD = ("MNI152_T1_1mm", "MNI152_T1_1mm_brain", "MNI152_T1_1mm_brain_mask", "MNI152_T1_1mm_brain_mask_dil")


@pytest.fixture
def fsl_here(tmp_path, monkeypatch):
    """FSL's names on the PATH and its standard images, none of which does anything."""
    for name in HEAD_PROGRAMS:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FSLDIR", str(tmp_path))
    (tmp_path / "data" / "standard").mkdir(parents=True)
    for name in STANDARD:
        nib.save(nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), np.eye(4)), tmp_path / f"data/standard/{name}.nii.gz")
    return tmp_path


@pytest.fixture
def command(fsl_here, write_nifti, monkeypatch):
    """The command line of a node, its inputs from other nodes filled with files named after their ports."""
    monkeypatch.chdir(fsl_here)

    def line(workflow, name):
        node = workflow.get_node(name)
        for source, port, target, target_port in edges(workflow):
            if target is node:
                path = fsl_here / f"{source.name}.{port}.{'mat' if 'matrix' in port or 'xfm' in port else 'nii'}"
                path.touch()
                setattr(node.interface.inputs, target_port, str(path))
        return node.interface.cmdline.replace(f"{fsl_here}/", "").replace("data/standard/", "")

    return line


def test_the_gradient_echo_is_registered_as_uk_biobank_does(command):
    workflow = init_pair_wf("fsl")
    assert command(workflow, "swi_to_t1") == (
        "flirt -in inputnode.magnitude_combined.nii -ref inputnode.t1w.nii "
        "-out inputnode.magnitude_combined_flirt.nii.gz -omat SWI_to_T1.mat -dof 6"
    )
    assert command(workflow, "t1_to_swi") == "convert_xfm -omat T1_to_SWI.mat -inverse swi_to_t1.out_matrix_file.mat"


HEAD_COMMANDS = {
    "cut_neck": "robustfov -i inputnode.t1w.nii -b 170 -r T1_roi.nii.gz -m roi_to_T1.mat",
    "strip_skull": "bet cut_neck.out_roi.nii T1_roi_brain.nii.gz -R",
    "roi_to_mni": "flirt -in strip_skull.out_file.nii -ref MNI152_T1_1mm_brain.nii.gz "
    "-out strip_skull.out_file_flirt.nii.gz -omat roi_to_MNI.mat",
    "t1_to_roi": "convert_xfm -omat T1_to_roi.mat -inverse cut_neck.out_transform.nii",
    "t1_to_mni_linear": "convert_xfm -omat T1_to_MNI_linear.mat -concat roi_to_mni.out_matrix_file.mat "
    "t1_to_roi.out_file.nii",
    "t1_to_mni": "fnirt --aff=t1_to_mni_linear.out_file.nii --interp=spline --config=T1_2_MNI152_2mm "
    "--fout=T1_to_MNI_warp.nii.gz --cout=T1_to_MNI_warp_coef.nii.gz --in=inputnode.t1w.nii "
    "--jout=T1_to_MNI_warp_jac.nii.gz --logout=T1_to_MNI_fnirt.log --ref=MNI152_T1_1mm.nii.gz "
    "--refmask=MNI152_T1_1mm_brain_mask_dil.nii.gz --iout=T1_to_MNI.nii.gz",
    "mni_to_t1": "invwarp --out=T1_to_MNI_warp_coef_inv.nii.gz --ref=inputnode.t1w.nii "
    "--warp=t1_to_mni.fieldcoeff_file.nii",
    "mask_t1w": "applywarp --in=MNI152_T1_1mm_brain_mask.nii.gz --ref=inputnode.t1w.nii --out=T1_brain_mask.nii.gz "
    "--warp=mni_to_t1.inverse_warp.nii --interp=trilinear --rel",
    "t1w_brain": "fslmaths inputnode.t1w.nii -mul mask_t1w.out_file.nii T1_brain.nii.gz",
    "tissues": "fast -o T1_brain -b -S 1 t1w_brain.out_file.nii",
    "even_out": "fslmaths t1w_brain.out_file.nii -div tissues.bias_field.nii T1_unbiased_brain.nii.gz",
    "draw_labels": "run_first_all -b -m auto -i even_out.out_file.nii -o T1_first",
}


def test_the_t1_image_is_registered_as_uk_biobank_does(command):
    workflow = init_head_wf("fsl")
    assert {name: command(workflow, name) for name in HEAD_COMMANDS} == HEAD_COMMANDS


def test_the_mask_goes_to_the_gradient_echo_as_uk_biobank_does(command):
    workflow = init_register_wf("fsl")
    assert command(workflow, "move_mask").replace(" -omat", "\n-omat").splitlines()[0] == (
        "flirt -in outputnode.mask_t1w.nii -ref inputnode.magnitude_combined.nii -out brain_mask.nii.gz"
    )
    assert "-applyxfm -init outputnode.t1_to_swi.nii" in command(workflow, "move_mask")
    assert "-interp trilinear" in command(workflow, "move_mask")


def test_without_fsl_it_is_said_when_the_graph_is_built_with_the_free_way(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for factory in (init_pair_wf, init_head_wf, init_register_wf):
        with pytest.raises(ToolMissing, match="method='greedy'"):
            factory("fsl")


def test_without_fsls_images_it_is_said(fsl_here):
    (fsl_here / "data/standard/MNI152_T1_1mm.nii.gz").unlink()
    with pytest.raises(ToolMissing, match="FSLDIR"):
        init_head_wf("fsl")


def test_fsl_is_taken_where_it_is_and_greedy_elsewhere(fsl_here, monkeypatch):
    assert registration_method() == "fsl"
    monkeypatch.setenv("PATH", str(fsl_here / "empty"))
    assert registration_method() == "greedy"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="registration"):
        registration_method()


def test_an_unknown_method_is_refused():
    with pytest.raises(QSMError, match="fsl, greedy"):
        init_register_wf("ants")


def test_both_ways_have_the_same_ends(fsl_here):
    ends = [
        {node: set(init_register_wf(method).get_node(node).interface._fields) for node in ("inputnode", "outputnode")}
        for method in ("fsl", "greedy")
    ]
    assert ends[0] == ends[1]


def test_labels_of_another_space_than_the_template_are_refused(write_nifti):
    own = {name: write_nifti(f"{name}.nii", np.ones((4, 4, 4), bool)) for name in ("image", "mask", "labels")}
    template = {"template": own["image"], "template_mask": own["mask"], "template_labels": own["labels"]}
    init_head_wf("greedy", **template, template_space="MNI152NLin6Asym", labels_space="FSLMNI152")
    with pytest.raises(GeometryError, match="MNI152NLin2009cAsym"):
        init_head_wf("greedy", **template, template_space="MNI152NLin6Asym", labels_space="MNI152NLin2009cAsym")
    with pytest.raises(GeometryError, match="MNI152NLin6Asym"):
        init_head_wf("greedy", template_labels=own["labels"], labels_space="MNI152NLin6Asym")
    with pytest.raises(QSMError, match="labels_space"):
        init_head_wf("greedy", template_labels=own["labels"])
    with pytest.raises(QSMError, match="template_space"):
        init_head_wf("greedy", **template)


def test_the_template_its_mask_and_its_labels_share_a_grid():
    images = [nib.load(path) for path in (ICBM2009C.t1w_brain, ICBM2009C.mask_brain, ICBM2009C.labels)]
    assert {image.shape for image in images} == {(193, 229, 193)}
    for image in images[1:]:
        np.testing.assert_array_equal(image.affine, images[0].affine)


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / max(1, np.count_nonzero(a) + np.count_nonzero(b))


def array(path):
    return np.asarray(nib.load(path).dataobj)


def test_masks_and_labels_go_back_through_the_gradient_warp():
    workflow = init_register_wf("greedy", gradient_warp=True)
    assert workflow.get_node("move_mask_fraction").interface.inputs.inverted == [True, True]
    into = {(node.name, port): source.name for source, _, node, port in edges(workflow)}
    assert into["way_back", "in1"] == "outputnode"
    assert into["way_back", "in2"] == "inputnode"
    assert into["straighten", "transforms"] == "inputnode"


def halved(path, folder):
    """Every second voxel of an image: a template of 2 mm."""
    image = nib.load(path).slicer[::2, ::2, ::2]
    nib.save(image, folder / path.name)
    return folder / path.name


@pytest.fixture(scope="module")
def registered(small_subject, tmp_path_factory):
    """The coarse digital subject through the free way, with few iterations."""
    ukb = small_subject / "ukb"
    folder = tmp_path_factory.mktemp("register")
    template = {
        f"template{name}": str(halved(path, folder))
        for name, path in (("", ICBM2009C.t1w_brain), ("_mask", ICBM2009C.mask_brain), ("_labels", ICBM2009C.labels))
    }
    workflow = init_register_wf("greedy", **template, template_space=ICBM2009C.space, labels_space="ICBM2009cAsym")
    workflow.base_dir = str(folder)
    workflow.inputs.inputnode.magnitude_combined = str(ukb / "SWI" / "SWI_TOTAL_MAG.nii.gz")
    workflow.inputs.inputnode.t1w = str(ukb / "T1" / "T1.nii.gz")
    lay = workflow.get_node("head_wf.t1_to_mni").interface.inputs
    lay.iterations, lay.warp_iterations = "60x20x0", "40x20x0"
    graph = workflow.run()
    nodes = {node.fullname.partition(".")[2]: node for node in graph.nodes()}
    yield ukb, nodes
    shutil.rmtree(workflow.base_dir)


def test_the_brain_is_found_on_both_grids(registered):
    ukb, nodes = registered
    mask = array(nodes["head_wf.bring_mask_t1w"].result.outputs.moved) > 0
    assert dice(mask, array(ukb / "T1" / "T1_brain_mask.nii.gz") > 0.5) > 0.95
    fraction = array(nodes["move_mask_fraction"].result.outputs.moved)
    assert fraction.shape == nib.load(ukb / "SWI" / "SWI_TOTAL_MAG.nii.gz").shape
    assert 0 <= fraction.min() < fraction.max() <= 1


def test_deep_grey_matter_is_found(registered):
    ukb, nodes = registered
    labels = array(nodes["head_wf.bring_labels"].result.outputs.moved)
    truth = array(ukb / "T1" / "T1_first" / "T1_first_all_fast_firstseg.nii.gz")
    overlap = {number: dice(labels == number, truth == number) for number in (10, 11, 12, 49, 50, 51)}
    assert min(overlap.values()) > 0.6


def test_the_gradient_echo_lies_on_t1_and_is_said_to(registered):
    """Voxels of the gradient echo are 3.2 x 3.2 x 6 mm here."""
    ukb, nodes = registered
    found, truth = load_matrix(nodes["pair_wf.swi_to_t1"].result.outputs.matrix), load_matrix(ukb / "SWI/SWI_to_T1.mat")
    corners = np.array([[x, y, z, 1] for x in (60, 140) for y in (60, 170) for z in (30, 110)]).T
    assert np.linalg.norm(((found - truth) @ corners)[:3], axis=0).max() < 4  # measured 3.05
    assert nodes["rate_alignment"].result.outputs.offset_mm < 1.5 * 6  # measured 3.2
