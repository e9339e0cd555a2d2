"""BIDS data sets: what belongs together, and what is refused."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.bids import Dataset
from nipype_qsm.bids_names import Name
from nipype_qsm.errors import ImageError, MetadataError


class Data:
    """A data set of empty images."""

    def __init__(self, root):
        self.root = root

    def add(self, name, sidecar=None):
        path = self.root / f"{name}.nii.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        nib.save(nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), path)
        if sidecar is not None:
            path.with_name(f"{path.name[:-7]}.json").write_text(json.dumps(sidecar))
        return path

    def echoes(self, stem, coils=(), echoes=(1, 2), **facts):
        for echo in echoes:
            told = {"EchoTime": 0.01 * echo, "MagneticFieldStrength": 3, "Units": "rad", **facts}
            for coil in coils or ("",):
                rec = f"_rec-uncombined_coil-{coil:02d}" if coil else ""
                for part in ("mag", "phase"):
                    self.add(f"{stem}{rec}_echo-{echo}_part-{part}_MEGRE", told)


@pytest.fixture
def data(tmp_path):
    return Data(tmp_path / "data with space")


def test_a_name_is_taken_apart():
    name = Name.of(Path("sub-01_ses-b_rec-uncombined_coil-07_echo-2_part-phase_MEGRE.nii.gz"))
    assert name.entities == {
        "sub": "01", "ses": "b", "rec": "uncombined", "coil": "07", "echo": "2", "part": "phase",
    }  # fmt: skip
    assert (name.suffix, name.extension) == ("MEGRE", ".nii.gz")
    assert name.matches({"session": ["a", "b"], "coil": 7})
    assert not name.matches({"run": 1})
    assert name.matches({"run": None})


def test_every_run_of_every_session_is_a_recording(data):
    for session in ("a", "b"):
        for run in (1, 2):
            data.echoes(f"sub-01/ses-{session}/anat/sub-01_ses-{session}_run-{run}")
    found = Dataset(data.root).recordings()
    assert [r.stem for r in found] == [f"sub-01_ses-{s}_run-{n}" for s in "ab" for n in (1, 2)]
    assert found[0].folder == "sub-01/ses-a"
    assert found[0].echo_times == [0.01, 0.02]
    assert found[0].field_strength == 3.0
    assert [Name.of(path).entities["echo"] for path in found[0].phase] == ["1", "2"]


def test_coils_are_taken_before_the_combined_echoes(data):
    data.echoes("sub-01/anat/sub-01")
    data.echoes("sub-01/anat/sub-01", coils=(1, 2, 10))
    (found,) = Dataset(data.root).recordings()
    assert found.source == "coils"
    assert [Name.of(path).entities["coil"] for path in found.phase] == ["01", "02", "10"] * 2
    assert [Name.of(path).entities["echo"] for path in found.phase] == ["1"] * 3 + ["2"] * 3
    assert len(found.magnitude) == 6


def test_participants_sessions_and_filters_choose(data):
    for label in ("01", "02"):
        for session in ("1", "2"):
            for acquisition in ("qsm", "fast"):
                data.echoes(f"sub-{label}/ses-{session}/anat/sub-{label}_ses-{session}_acq-{acquisition}")
    dataset = Dataset(data.root, filters={"megre": {"acquisition": "qsm"}})
    found = dataset.recordings(["sub-02"], ["1"])
    assert [recording.stem for recording in found] == ["sub-02_ses-1_acq-qsm"]


def test_t1w_of_the_session_is_taken_before_another_sessions(data):
    data.echoes("sub-01/ses-1/anat/sub-01_ses-1")
    data.echoes("sub-01/ses-2/anat/sub-01_ses-2")
    data.add("sub-01/ses-1/anat/sub-01_ses-1_T1w")
    data.add("sub-01/ses-1/anat/sub-01_ses-1_rec-norm_T1w")
    data.add("sub-01/ses-1/anat/sub-01_ses-1_FLAIR")
    first, second = Dataset(data.root).recordings()
    assert first.t1w.name == second.t1w.name == "sub-01_ses-1_T1w.nii.gz"
    assert first.flair.name == "sub-01_ses-1_FLAIR.nii.gz"


def test_a_side_car_further_up_is_inherited_and_the_nearer_one_wins(data):
    for echo in (1, 2):
        for part in ("mag", "phase"):
            data.add(f"sub-01/anat/sub-01_echo-{echo}_part-{part}_MEGRE")
    (data.root / "MEGRE.json").write_text(json.dumps({"MagneticFieldStrength": 7, "EchoTime": 1}))
    (data.root / "part-phase_MEGRE.json").write_text(json.dumps({"Units": "rad"}))
    for echo in (1, 2):
        (data.root / "sub-01" / f"sub-01_echo-{echo}_MEGRE.json").write_text(json.dumps({"EchoTime": 0.005 * echo}))
    (found,) = Dataset(data.root).recordings()
    assert (found.echo_times, found.field_strength) == ([0.005, 0.010], 7.0)
    assert found.phase_range == pytest.approx((-np.pi, np.pi))


def test_derivatives_give_masks_labels_and_transforms(small_subject):
    (found,) = Dataset(small_subject / "bids").recordings()
    assert set(found.brain) == {
        "mask_t1w", "mask_fraction", "labels", "mask_white_matter", "mask_bianca", "mask_lesions", "mask_ventricles",
        "swi_to_t1", "t1_to_mni",
    }  # fmt: skip
    assert found.template_space == "MNI152NLin2009cAsym"
    assert found.brain["mask_fraction"].name == "sub-01_space-MEGRE_desc-brain_mask.nii.gz"
    assert found.brain["mask_t1w"].name == "sub-01_desc-brain_mask.nii.gz"


def test_a_mask_on_a_templates_grid_is_not_t1s(data):
    data.echoes("sub-01/anat/sub-01")
    data.add("derivatives/x/sub-01/anat/sub-01_space-MNI152NLin2009cAsym_desc-brain_mask")
    (found,) = Dataset(data.root).recordings()
    assert found.brain == {}


def test_a_derivative_of_another_run_is_not_this_runs(data):
    for run in (1, 2):
        data.echoes(f"sub-01/anat/sub-01_run-{run}")
    data.add("derivatives/x/sub-01/anat/sub-01_run-1_space-MEGRE_desc-brain_mask")
    data.add("derivatives/x/sub-01/anat/sub-01_run-1_desc-brain_mask")
    first, second = Dataset(data.root).recordings()
    assert set(first.brain) == {"mask_fraction", "mask_t1w"}
    assert set(second.brain) == {"mask_t1w"}  # the run of a T1 is not that of a gradient echo


def test_a_derivative_of_the_session_is_taken_before_the_subjects(data):
    data.echoes("sub-01/ses-1/anat/sub-01_ses-1")
    for name in ("anat/sub-01", "ses-1/anat/sub-01_ses-1", "ses-2/anat/sub-01_ses-2"):
        data.add(f"derivatives/x/sub-01/{name}_desc-brain_mask")
    (found,) = Dataset(data.root).recordings()
    assert found.brain["mask_t1w"].name == "sub-01_ses-1_desc-brain_mask.nii.gz"


@pytest.mark.parametrize(
    ("facts", "problem", "cure"),
    [
        ({"EchoTime": None}, "give as echo time: none", "in seconds"),
        ({"MagneticFieldStrength": None}, "give as field strength: none", "in tesla"),
    ],
)
def test_what_side_cars_do_not_say_is_asked_for(data, facts, problem, cure):
    data.echoes("sub-01/anat/sub-01", **facts)
    with pytest.raises(MetadataError, match=problem) as refused:
        Dataset(data.root).recordings()
    assert cure in refused.value.remedy


def test_a_missing_phase_is_told(data):
    data.echoes("sub-01/anat/sub-01")
    (data.root / "sub-01/anat/sub-01_echo-2_part-phase_MEGRE.nii.gz").unlink()
    with pytest.raises(ImageError, match="1 phase and 2 magnitude"):
        Dataset(data.root).recordings()


def test_several_reconstructions_are_not_guessed_among(data):
    data.echoes("sub-01/anat/sub-01_rec-a")
    data.echoes("sub-01/anat/sub-01_rec-b")
    with pytest.raises(MetadataError, match="several reconstructions: a, b") as refused:
        Dataset(data.root).recordings()
    assert "--bids-filter-file" in refused.value.remedy
    (found,) = Dataset(data.root, filters={"megre": {"reconstruction": "b"}}).recordings()
    assert "rec-b" in found.phase[0].name


def test_an_unknown_participant_is_answered_with_the_known_ones(data):
    data.echoes("sub-01/anat/sub-01")
    with pytest.raises(MetadataError, match="no participant 03") as refused:
        Dataset(data.root).recordings(["01", "03"])
    assert "It has: 01." in refused.value.remedy


def test_a_folder_without_echoes_and_a_filter_of_other_images_are_refused(data, tmp_path):
    data.add("sub-01/anat/sub-01_T1w")
    with pytest.raises(MetadataError, match="has a multi-echo gradient echo"):
        Dataset(data.root).recordings()
    with pytest.raises(MetadataError, match="The filter names bold"):
        Dataset(data.root, filters={"bold": {}})
    with pytest.raises(ImageError, match="is not a folder"):
        Dataset(tmp_path / "no")
