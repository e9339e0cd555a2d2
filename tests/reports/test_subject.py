import base64
import json
import re
from html.parser import HTMLParser

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.geometry import Frame
from nipype_qsm.io import save_volume
from nipype_qsm.reports import drawing
from nipype_qsm.reports.page import number
from nipype_qsm.reports.subject import subject_report

VOID = {"meta", "img", "br", "hr", "input", "link"}
ECHO_TIMES = (0.00942, 0.02)


class Reader(HTMLParser):
    """Reads a page, and fails on a tag that is not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words, self.ids = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [dict(attributes)["id"]] if "id" in dict(attributes) else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return re.sub(r"[ \n]+", " ", " ".join(self.words))

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def read(path):
    page = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader, page


@pytest.fixture(autouse=True, scope="module")
def small_pictures():
    """Draw at a third of the size: these tests are about the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "PIXELS", 600)
        yield


def write_subject(folder, *, keep=lambda name: True):
    """Write a small oblique, anisotropic output folder."""
    rng = np.random.default_rng(7)
    shape = (36, 40, 14)
    tilt = np.deg2rad(12.0)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    frame = Frame(shape, affine @ np.diag([4.0, 4.0, 9.0, 1.0]))
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    brain = radius < 0.92
    tissue = radius < 0.89
    field = 0.3 * z * brain
    chi = np.where(tissue, 0.02 + 0.03 * rng.standard_normal(shape), 0)
    volumes = {
        "mask_brain": brain,
        "mask_reliable": radius < 0.91,
        "mask_local": radius < 0.90,
        "mask_tissue": tissue,
        "mask_reference": radius < 0.2,
        "magnitude_combined": brain * 100.0 + rng.random(shape),
        "field_total": field,
        "field_local": 0.01 * rng.standard_normal(shape) * brain,
        "chi": chi,
        "chi_referenced": np.where(tissue, chi - 0.012, 0),
        "t2star": 0.045 * brain,
        "r2star": brain / 0.045,
        "s0": 120.0 * brain,
    }
    for echo, time in enumerate(ECHO_TIMES, start=1):
        phase = field * 800 * time + 0.5 * rng.standard_normal(shape) * brain
        volumes[f"phase_unwrapped_echo-{echo}"] = field * 800 * time
        volumes[f"phase_echo-{echo}"] = np.angle(np.exp(1j * phase))
        volumes[f"magnitude_echo-{echo}"] = 90.0 * brain
        volumes[f"reliability_echo-{echo}"] = 1 - 0.3 * rng.random(shape)
    for name, volume in volumes.items():
        if keep(name):
            save_volume(volume, frame, folder / f"{name}.nii.gz", name.split("_echo-")[0])
    (folder / "summary.json").write_text(json.dumps(SUMMARY))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The output folder in which every file is there."""
    return write_subject(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def page(whole):
    return read(subject_report(whole))


@pytest.fixture
def subject(tmp_path):
    """A folder with a few volumes, for tests that spoil it."""
    return write_subject(
        tmp_path, keep=lambda name: name in {"mask_brain", "mask_tissue", "chi_referenced", "phase_echo-1"}
    )


SUMMARY = {
    "preset": "ukb",
    "steps": {
        "coils": {"method": "mcpc3ds", "options": {"smoothing_voxels": 4.0}},
        "inversion": {"method": "ilsqr", "options": {}},
    },
    "acquisition": {
        "echo_times": list(ECHO_TIMES),
        "field_strength": 3.0,
        "b0_direction": [0.0, -0.2079, 0.9781],
        "voxel_size": [4.0, 4.0, 9.0],
        "shape": [36, 40, 14],
        "n_coils": 32,
    },
    "notes": ["phase scaled by its side-car"],
    "masks": {"mask_reliable": "unreliable in echo 1: 77"},
    "reference": {"method": "csf mixture", "value_ppm": 0.012, "n_voxels": 812, "region": "given"},
    "convergence": {"iterations": [17, 23], "residual": [0.0098, 0.0091], "converged": True},
    "warnings": ["Echo 2 is saturated."],
    "runtime": [{"node": "vsharp", "seconds": 4.1, "peak_gb": 0.5}, {"node": "ilsqr", "seconds": 12.3}],
    "software": {"nipype_qsm": "0.1", "numpy": "2.4"},
    "truth": {
        "structures": [
            {"name": "pallidum L", "truth_ppb": 130.0, "measured_ppb": 118.0, "n_voxels": 900},
            {"name": "putamen R", "truth_ppb": 60.0, "measured_ppb": 55.0, "n_voxels": 1900},
        ],
        "slope_deep_grey": 0.93,
        "r": 0.98,
    },
}


def test_the_page_is_one_complete_file(page):
    reader, text = page
    assert text.startswith("<!DOCTYPE html>")
    assert text.rstrip().endswith("</html>")
    assert len(text) < 4_000_000
    assert reader.of("html")[0]["lang"] == "en"
    assert len(reader.of("h1")) == len(reader.of("main")) == 1


def test_nothing_is_fetched_and_nothing_runs(page):
    reader, text = page
    assert not {tag for tag, _ in reader.tags} & {"script", "link", "iframe", "object"}
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in reader.of("img"))
    assert "url(" not in text
    assert "@import" not in text


def test_every_picture_and_chart_says_in_words_what_it_shows(page):
    reader, _ = page
    alternatives = [image.get("alt", "") for image in reader.of("img")]
    alternatives += [chart.get("aria-label", "") for chart in reader.of("svg")]
    assert len(alternatives) >= 18
    assert all(len(words) > 20 for words in alternatives)


def test_every_link_inside_the_page_and_to_its_folder_leads_somewhere(page, whole):
    reader, _ = page
    assert len(set(reader.ids)) == len(reader.ids)
    links = [link["href"] for link in reader.of("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= set(reader.ids)
    files = [link for link in links if not link.startswith(("#", "https://doi.org/"))]
    assert len(files) == 21
    assert all((whole / name).is_file() for name in files)


def test_pictures_are_whole_jpeg_files(page):
    reader, _ = page
    for image in reader.of("img"):
        content = base64.b64decode(image["src"].split(",", 1)[1])
        assert content[:3] == b"\xff\xd8\xff"
        assert content[-2:] == b"\xff\xd9"


def test_steps_stand_in_the_order_of_the_dataflow(page):
    headings = re.findall(r"<h3>([^<]+)</h3>", page[1])
    steps = ["Magnitude", "Combined", "Wrapped", "Unwrapped", "Phase rel", "Total", "Local", "Suscep", "T2*"]
    places = [next(n for n, heading in enumerate(headings) if heading.startswith(step)) for step in steps]
    assert places == sorted(places)


def test_units_are_written(page):
    for written in ("[rad]", "[ppm]", "[ppb]", "[ms]", "[1/s]", "[scanner units]", "200 ppb", "80 ms", "0.05 ppm"):
        assert written in page[0].text


def test_numbers_on_the_page_are_those_of_the_data(page, whole):
    reader, _ = page

    def of(name):
        return nib.load(whole / f"{name}.nii.gz").get_fdata()

    tissue = of("mask_tissue") > 0
    assert f"Median {np.median(of('chi_referenced')[tissue]) * 1000:.1f}" in reader.text
    brain = of("mask_brain") > 0
    assert f"{brain.sum() * 4 * 4 * 9 / 1000:.0f} ml" in reader.text
    assert f"{tissue.sum() / brain.sum():.0%}" in reader.text
    assert number(int(tissue.sum())) in reader.text
    assert "45.0 ms" in reader.text
    assert "12.0 ppb" in reader.text


def test_facts_of_the_run_are_told(page):
    for fact in (
        "9.42, 20 ms",
        "3 T",
        "4 \N{MULTIPLICATION SIGN} 4 \N{MULTIPLICATION SIGN} 9 mm",
        "oblique, 12.0\N{DEGREE SIGN}",
        "unreliable in echo 1: 77",
        "phase scaled by its side-car",
        "csf mixture",
        "pallidum L",
        "0.0098",
        "16.4",
        "iLSQR",
        "10.1016/j.neuroimage.2014.12.043",
        "10.1002/mrm.26963",
    ):
        assert fact in page[0].text, fact


def test_warnings_and_unusual_numbers_come_before_any_picture(page):
    _, text = page
    assert text.index("Echo 2 is saturated.") < text.index("<img")
    assert "thing" in text[: text.index("<img")]


def test_a_subject_without_findings_says_so(subject):
    summary = {**SUMMARY, "warnings": []}
    (subject / "summary.json").write_text(json.dumps(summary))
    reader, _ = read(subject_report(subject))
    looked_at = [words for words in reader.words if words.endswith("look")]
    assert looked_at == []
    assert "Nothing stands out." in reader.text


def test_hostile_text_is_shown_not_obeyed(subject):
    hostile = "<script>alert(1)</script>\"'&<img src=x>"

    def poisoned(value):
        if isinstance(value, str):
            return hostile
        if isinstance(value, dict):
            return {name: poisoned(item) for name, item in value.items()} | {hostile: hostile}
        return [poisoned(item) for item in value] + [hostile] if isinstance(value, list) else value

    (subject / "summary.json").write_text(json.dumps(poisoned(SUMMARY)))
    reader, text = read(subject_report(subject))
    assert "<script" not in text
    assert reader.of("script") == []
    assert all("alt" in image and image["src"].startswith("data:") for image in reader.of("img"))
    assert "alert(1)" in reader.text


@pytest.mark.parametrize("nonsense", [None, 3, "text", [], [None], {"a": None}, float("nan")])
def test_a_summary_of_the_wrong_shape_does_not_break_the_page(tmp_path, nonsense):
    write_subject(tmp_path, keep=lambda name: name == "mask_brain")
    (tmp_path / "summary.json").write_text(json.dumps(dict.fromkeys(SUMMARY, nonsense)))
    reader, _ = read(subject_report(tmp_path))
    assert "At a glance" in reader.text


@pytest.mark.parametrize(
    ("kept", "n_pictures"),
    [
        (["summary"], 0),
        (["mask_tissue"], 0),
        (["phase_echo-2"], 1),
        (["t2star", "mask_local"], 2),
        (["chi_referenced"], 3),
        (["chi", "mask_reference"], 3),
    ],
)
def test_whatever_is_there_is_shown(tmp_path, kept, n_pictures):
    write_subject(tmp_path, keep=lambda name: name in kept)
    if "summary" not in kept:
        (tmp_path / "summary.json").unlink()
    reader, _ = read(subject_report(tmp_path))
    assert len(reader.of("img")) == n_pictures
    has_map = "chi" in kept or "chi_referenced" in kept
    assert ("There is no susceptibility map" in reader.text) is not (has_map or kept == ["summary"])
    assert ("There is no summary.json" in reader.text) is ("summary" not in kept)
    assert "At a glance" in reader.text


def test_a_damaged_volume_is_named_at_the_top_and_the_rest_is_drawn(subject):
    path = subject / "phase_echo-1.nii.gz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    reader, text = read(subject_report(subject))
    assert "phase_echo-1.nii.gz" in text[: text.index("<img")]
    assert "Copy or download the file again." in reader.text
    assert len(reader.of("img")) == 4  # susceptibility first, masks over it, as a step, slice by slice


def test_the_same_folder_gives_the_same_page(subject):
    first = subject_report(subject).read_bytes()
    assert subject_report(subject).read_bytes() == first


def test_an_impossible_phase_scale_is_pointed_at(subject):
    path = subject / "phase_echo-1.nii.gz"
    image = nib.load(path)
    nib.save(nib.Nifti1Image((image.get_fdata() / np.pi).astype(np.float32), image.affine), path)
    _, text = read(subject_report(subject))
    assert "Range of the wrapped phase" in text[: text.index("<img")]
