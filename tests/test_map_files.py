"""Which files are maps, whose, in which unit and space: told by a source, never by the numbers."""

import json

import numpy as np
import pytest
from map_cohort import AFFINE, SPACE, MapCohort

from nipype_qsm import bids_derivatives, ukb_results
from nipype_qsm.bids import Recording
from nipype_qsm.errors import GeometryError, ImageError, MetadataError, QSMError, UnitsError
from nipype_qsm.geometry import Frame
from nipype_qsm.map_files import Owner, factor_of, find_maps, is_map, owner, require_fit, space_of
from nipype_qsm.ukb import Visit

CHI = "chi_referenced"


@pytest.fixture
def cohort(tmp_path, rng):
    return MapCohort(tmp_path, rng, n=6)


@pytest.mark.parametrize("kind", ["ukb", "bids"])
def test_maps_are_found_below_a_folder_of_results_and_nothing_else_is(cohort, kind):
    top = getattr(cohort, kind)()
    for name in ("QSM.nii.gz", "QSM_to_T1.nii.gz", "sub-1000000_Chimap.nii.gz", "sub-1000000_space-T1w_Chimap.nii.gz"):
        cohort.save("1000000", cohort.folder / top / f"{'1000000_2' if kind == 'ukb' else 'sub-1000000'}" / name)
    found = find_maps([top], CHI)
    assert list(found) == cohort.ids
    assert all(is_map(path, CHI) for path in found.values())


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        ("r/1000010_2/SWI/QSM/QSM_to_MNI.nii.gz", Owner("1000010", "2")),
        ("r/1000010_20251_3_0/QSM_to_MNI.nii.gz", Owner("1000010", "3")),
        ("r/sub-01/ses-b/anat/sub-01_ses-b_space-MNI152NLin6Asym_Chimap.nii.gz", Owner("01", "b")),
        ("sub-01_Chimap.nii.gz", Owner("01", "")),
        ("r/one/QSM_to_MNI.nii.gz", None),
    ],
)
def test_a_path_says_whose_a_map_is_or_it_does_not(path, whose, tmp_path):
    assert owner(tmp_path / path, tmp_path) == whose


def test_a_map_that_nothing_says_whose_it_is_is_refused_with_what_to_add(cohort):
    path = cohort.save("1000000", cohort.folder / "one" / "chi.nii.gz")
    with pytest.raises(MetadataError, match="table with the columns eid and path"):
        find_maps([path], CHI)


@pytest.mark.parametrize(("name", "subject"), [("1000010_chi.nii.gz", "1000010"), ("P017.nii", "P017")])
def test_a_single_file_may_carry_the_id_as_its_name(cohort, name, subject):
    path = cohort.save("1000000", cohort.folder / "plain" / name)
    assert find_maps([path], CHI) == {subject: path}
    with pytest.raises(ImageError, match="a pattern in quotes"):
        find_maps([path.parent], CHI)


def test_a_table_says_whose_relative_to_itself(cohort):
    for subject in cohort.ids:
        cohort.save(subject, cohort.folder / "plain" / f"{subject}.nii.gz")
    table = cohort.folder / "maps.tsv"
    table.write_text("eid\tpath\n" + "".join(f"{i}\tplain/{i}.nii.gz\n" for i in cohort.ids))
    assert find_maps([table], CHI) == {i: cohort.folder / "plain" / f"{i}.nii.gz" for i in cohort.ids}
    table.write_text("eid\tpath\n1000000\tplain/none.nii.gz\n")
    with pytest.raises(ImageError, match=r"of 1000000 in .* does not exist"):
        find_maps([table], CHI)
    table.write_text("eid\tmean\n1000000\t3\n")
    with pytest.raises(QSMError, match="has the columns eid, mean"):
        find_maps([table], CHI)


def test_a_pattern_finds_what_it_matches(cohort):
    top = cohort.ukb()
    assert len(find_maps([f"{top}/100000[0-2]_2/**/QSM_to_MNI.nii.gz"], CHI)) == 3
    with pytest.raises(ImageError, match="does not exist"):
        find_maps([f"{top}/nobody*"], CHI)


def test_two_visits_of_a_subject_must_be_chosen_between(cohort):
    top = cohort.ukb()
    cohort.ukb(subjects=["1000001"], visit=3)
    with pytest.raises(MetadataError, match=r"1000001 has maps of the visits 2 and 3.*--visit 3"):
        find_maps([top], CHI)
    assert list(find_maps([top], CHI, visit="3")) == ["1000001"]
    assert len(find_maps([top], CHI, visit="2")) == 6
    with pytest.raises(ImageError, match="No map of visit 4"):
        find_maps([top], CHI, visit="4")


def test_two_files_of_one_subject_and_visit_are_refused(cohort):
    top, other = cohort.ukb(), cohort.ukb("again", subjects=["1000001"])
    with pytest.raises(MetadataError, match="are both of subject 1000001"):
        find_maps([top, other], CHI)
    assert len(find_maps([top, top], CHI)) == 6


def test_the_unit_is_declared_by_side_car_or_convention_or_said(cohort):
    tree, bids, plain = (cohort.folder / name for name in ("QSM_to_MNI.nii.gz", "sub-1_Chimap.nii.gz", "chi.nii.gz"))
    for path in (tree, bids, plain):
        cohort.save("1000000", path)
    assert factor_of(tree, CHI) == 1.0
    assert factor_of(bids, CHI) == 1000.0
    assert (factor_of(plain, CHI, "ppb"), factor_of(plain, CHI, "ppm")) == (1.0, 1000.0)
    with pytest.raises(UnitsError, match="Nothing says in which unit"):
        factor_of(plain, CHI)
    with pytest.raises(UnitsError, match="is in ppb and not in ppm"):
        factor_of(tree, CHI, "ppm")
    with pytest.raises(UnitsError, match="is in Hz"):
        factor_of(plain, CHI, "Hz")


def test_a_side_car_stands_above_the_convention(cohort):
    path = cohort.save("1000000", cohort.folder / "QSM_to_MNI.nii.gz", {"Units": "ppm"})
    assert factor_of(path, CHI) == 1000.0


def test_the_space_is_declared_or_said(cohort):
    plain = cohort.save("1000000", cohort.folder / "QSM_to_MNI.nii.gz")
    assert space_of(plain, "MNI152") == SPACE
    with pytest.raises(GeometryError, match="Nothing says in which template's space"):
        space_of(plain)
    told = cohort.save("1000000", cohort.folder / "QSM_to_MNI.nii.gz", {"SpatialReference": SPACE})
    assert space_of(told) == SPACE
    with pytest.raises(GeometryError, match="lies in MNI152NLin6Asym and not in MNI152NLin2009cAsym"):
        space_of(told, "MNI152NLin2009cAsym")
    own = cohort.save("1000000", cohort.folder / "own.nii.gz", {"SpatialReference": "orig"})
    with pytest.raises(GeometryError, match="subject's own space"):
        space_of(own)


@pytest.mark.parametrize("wrong", ["shape", "affine", "space", "axes"])
def test_a_map_that_does_not_fit_the_store_is_refused(cohort, wrong):
    frame = Frame(cohort.mask.shape, AFFINE, "mask.nii.gz")
    path, affine = cohort.folder / "chi.nii.gz", AFFINE.copy()
    affine[0, 3] += 1.0 * (wrong == "affine")
    told = {"SpatialReference": "MNI152NLin2009cAsym" if wrong == "space" else SPACE}
    if wrong == "shape":
        cohort.maps = cohort.maps[:, :-1]
    if wrong == "axes":
        cohort.maps = np.stack([cohort.maps, cohort.maps], axis=-1)
    cohort.save("1000000", path, told, affine=affine)
    message = {"shape": "Resample map", "affine": "up to 1 mm away", "space": "in two stores", "axes": "one 3-D map"}
    with pytest.raises(GeometryError, match=message[wrong]):
        require_fit(path, frame, SPACE)
    cohort = MapCohort(cohort.folder / "right", np.random.default_rng(0), n=1)
    require_fit(cohort.save("1000000", cohort.folder / "chi.nii.gz"), frame, SPACE, said=SPACE)


def test_an_image_is_told_from_a_table_and_from_neither(cohort):
    other = cohort.folder / "sub-01.mat"
    other.write_text(json.dumps({}))
    with pytest.raises(ImageError, match="neither an image nor a table"):
        find_maps([other], CHI)


def delivered(cohort, folder):
    """Maps as the pipeline delivers them, by our names and in our units."""
    for name, quantity, factor in (("chi_referenced", CHI, 1e-3), ("t2star", "t2star", 1e-4)):
        about = {"Quantity": quantity, "Units": "ppm" if quantity == CHI else "s", "SpatialReference": SPACE}
        cohort.save("1000000", folder / f"{name}_space-template.nii.gz", about, factor=factor)


@pytest.mark.parametrize("quantity", [CHI, "t2star"])
def test_what_our_own_commands_write_is_found_with_its_unit(cohort, quantity):
    cohort.maps = np.abs(cohort.maps)
    delivered(cohort, cohort.folder / "files" / "sub-1000000")
    visit = Visit("1000000_2", cohort.folder / "ukb" / "1000000_2")
    ukb_results.write_results(cohort.folder / "files" / "sub-1000000", visit, {}, coils=False)
    recording = Recording({"sub": "1000000"}, "combined", [], [], [], 3.0)
    facts = {"space": SPACE, "source": cohort.folder, "inputs": {}}
    bids_derivatives.write_results(cohort.folder / "files" / "sub-1000000", cohort.folder / "bids", recording, **facts)
    for kind, factor in (("files", 1000.0), ("ukb", 1.0), ("bids", 1000.0)):
        found = find_maps([cohort.folder / kind], quantity)
        assert list(found) == ["1000000"], kind
        assert factor_of(found["1000000"], quantity) == factor
        assert space_of(found["1000000"]) == SPACE
