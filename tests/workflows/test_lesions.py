"""Lesions and white matter in the graph: made where they are missing, and only there."""

import numpy as np
import pytest
from tissue_head import head

from nipype_qsm.cli.brain import choose_flair
from nipype_qsm.graph import nodes
from nipype_qsm.interfaces.regions import SubjectQuality
from nipype_qsm.tables import read_rows
from nipype_qsm.workflows.lesions import init_lesions_wf, missing_tissue
from nipype_qsm.workflows.subject import init_subject_wf

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
GIVEN = {"t1w", "mask_t1w", "labels", "swi_to_t1", "t1_to_mni"}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (set(), []),
        ({"flair"}, ["mask_white_matter", "mask_lesions"]),
        ({"flair_apart", "mask_white_matter"}, ["mask_lesions"]),
        ({"flair", "mask_lesions"}, ["mask_white_matter"]),
        ({"mask_lesions", "mask_white_matter"}, []),
    ],
)
def test_a_mask_that_is_given_is_never_made(given, made, tmp_path):
    assert missing_tissue(given) == made
    names = {node.name for node in nodes(init_subject_wf(tmp_path, brain=GIVEN | given))}
    assert ("lesions" in names, "white_matter" in names) == ("mask_lesions" in made, "mask_white_matter" in made)


def test_flair_with_a_grid_of_its_own_is_laid_on_t1():
    names = {node.name for node in nodes(init_lesions_wf(apart=True))}
    assert {"swi_to_t1", "flair_to_t1_grid", "lesions"} <= names
    assert "flair_to_t1_grid" not in {node.name for node in nodes(init_lesions_wf())}


def test_the_workflow_finds_lesions_and_quality_says_so(write_nifti, tmp_path, rng):
    t1w, flair, tissue, inside = head(rng)
    workflow = init_lesions_wf()
    workflow.base_dir = str(tmp_path)
    workflow.inputs.inputnode.trait_set(
        t1w=write_nifti("t1.nii", t1w, AFFINE),
        flair=write_nifti("flair.nii", flair, AFFINE),
        mask_t1w=write_nifti("brain.nii", tissue > 0, AFFINE),
        labels=write_nifti("labels.nii", 0 * t1w, AFFINE),
    )
    done = {node.name: node for node in workflow.run().nodes()}
    volume = done["lesions"].result.outputs.lesions_ml
    assert volume == pytest.approx(8e-3 * inside.sum(), rel=0.25)
    chi = write_nifti("chi.nii", 0.01 * (tissue > 0).astype(np.float32), AFFINE)
    qc = SubjectQuality(chi_referenced=chi, lesions_ml=volume).run(cwd=str(tmp_path)).outputs.qc
    (row,) = [row for row in read_rows(qc, ["name"]) if row["name"] == "lesions_found"]
    assert float(row["value"]) == pytest.approx(volume)
    assert "digital subjects alone" in row["meaning"]


def test_flair_is_taken_by_its_grid_and_not_where_it_is_unwanted(write_nifti):
    image, moved = np.ones((4, 4, 4), np.float32), AFFINE.copy()
    moved[0, 3] = 5
    t1w, same = write_nifti("t1.nii", image, AFFINE), write_nifti("flair.nii", image, AFFINE)
    other = write_nifti("other.nii", image, moved)

    def chosen(flair, wanted=True, **given):
        brain = {"t1w": t1w, **given}
        choose_flair(brain, flair, wanted=wanted)
        return set(brain) - {"t1w", *given}

    assert chosen(same) == {"flair"}
    assert chosen(other) == {"flair_apart"}
    assert chosen(None) == chosen(same, wanted=False) == chosen(same, mask_lesions="lesions.nii") == set()
