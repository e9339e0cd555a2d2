"""However the same head comes in and whatever runs the graph, the same maps come out."""

import numpy as np
import pytest
from contents import content, differing

from nipype_qsm.interfaces.background import MeanOfThree
from nipype_qsm.interfaces.coils import MCPC3DS
from nipype_qsm.interfaces.inversion import TKD, TV

# Coarse voxels: how the maps compare with each other matters here, not how good they are.
ONE_METHOD = {"inversion": "tkd"}


@pytest.fixture(scope="module")
def from_ukb(small_subject, inputs_of):
    return inputs_of(small_subject / "ukb", "SWI/PHA_TE*/*.nii.gz", "SWI/MAG_TE*/*.nii.gz")


@pytest.fixture(scope="module")
def reference_run(from_ukb, mapping, tmp_path_factory):
    """The head from UK Biobank's files, one process; and its work folder."""
    folder = tmp_path_factory.mktemp("reference")
    return mapping(folder, from_ukb, **ONE_METHOD), folder


def test_bids_files_of_every_coil_give_the_maps_of_uk_biobanks_files(
    small_subject, inputs_of, mapping, reference_run, tmp_path
):
    stem = "sub-01/anat/*coil*part-"
    bids = mapping(
        tmp_path, inputs_of(small_subject / "bids", f"{stem}phase*.nii.gz", f"{stem}mag*.nii.gz"), **ONE_METHOD
    )
    mapped, _ = reference_run
    for name, tolerance in (("chi_referenced", 1e-4), ("t2star", 1e-5), ("field_total", 1e-5)):
        np.testing.assert_allclose(bids[name], mapped[name], atol=tolerance, err_msg=name)
    np.testing.assert_array_equal(bids["mask_tissue"], mapped["mask_tissue"])


def test_the_scanners_combined_images_give_nearly_the_same_maps(
    small_subject, inputs_of, mapping, reference_run, tmp_path
):
    stem = "sub-01/anat/sub-01_echo-*part-"
    combined = mapping(
        tmp_path, inputs_of(small_subject / "bids", f"{stem}phase*.nii.gz", f"{stem}mag*.nii.gz"), **ONE_METHOD
    )
    mapped, _ = reference_run
    both = combined["mask_tissue"] & mapped["mask_tissue"]
    assert both.sum() > 0.95 * mapped["mask_tissue"].sum()  # 1.00
    one, two = combined["chi_referenced"][both], mapped["chi_referenced"][both]
    assert np.corrcoef(one, two)[0, 1] > 0.9  # 0.927: other noise, and the phase of transmission


def test_a_single_combined_echo_is_mapped_without_combination_and_without_decay(
    small_subject, inputs_of, mapping, reference_run, tmp_path
):
    stem = "sub-01/anat/sub-01_echo-2_part-"
    inputs = inputs_of(small_subject / "bids", f"{stem}phase*.nii.gz", f"{stem}mag*.nii.gz")
    single = mapping(tmp_path, inputs, single_echo=True, **ONE_METHOD)
    assert not (single.folder / "t2star.nii.gz").exists()
    mapped, _ = reference_run
    both = single["mask_tissue"] & mapped["mask_tissue"]
    assert both.sum() > 0.9 * mapped["mask_tissue"].sum()
    # 0.52: one echo has more noise, and keeps the phase of transmission.
    assert np.corrcoef(single["chi_referenced"][both], mapped["chi_referenced"][both])[0, 1] > 0.4


def test_several_processes_write_the_same_images_as_one(from_ukb, mapping, reference_run, tmp_path):
    other = mapping(tmp_path, from_ukb, plugin="MultiProc", **ONE_METHOD)
    mapped, _ = reference_run
    one, several = ({path.name: content(path) for path in run.folder.glob("*.nii.gz")} for run in (mapped, other))
    assert differing(one, several) == []


def counted(monkeypatch, interface):
    """Count the runs of a method."""
    run, calls = interface._run_interface, []

    def count(self, runtime):
        calls.append(1)
        return run(self, runtime)

    monkeypatch.setattr(interface, "_run_interface", count)
    return calls


def test_a_second_run_computes_nothing_and_another_inversion_only_what_follows(
    from_ukb, mapping, reference_run, tmp_path, monkeypatch
):
    mapped, folder = reference_run
    calls = {each: counted(monkeypatch, each) for each in (MCPC3DS, MeanOfThree, TKD, TV)}
    before = mapped["chi"]
    mapping(folder, from_ukb, **ONE_METHOD)
    assert [len(calls[each]) for each in (MCPC3DS, MeanOfThree, TKD, TV)] == [0, 0, 0, 0]
    again = mapping(tmp_path, from_ukb, work=folder / "work", inversion="tv")
    assert [len(calls[each]) for each in (MCPC3DS, MeanOfThree, TKD, TV)] == [0, 0, 0, 1]
    assert not np.array_equal(again["chi"], before)
