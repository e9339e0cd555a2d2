import re

import numpy as np
import pytest
from regions_head import GRID, lopsided_head

from nipype_qsm.geometry import Frame, Grid
from nipype_qsm.io import save_volume, write_json
from nipype_qsm.kernels.regions.idps import idps
from nipype_qsm.kernels.regions.quality import quality
from nipype_qsm.reports import drawing
from nipype_qsm.reports.charts import Ranged, ranges
from nipype_qsm.reports.outputs import Outputs
from nipype_qsm.reports.pictures import open_studio
from nipype_qsm.reports.regions import COLOURS, quality_checks, regions_section
from nipype_qsm.reports.subject import subject_report
from nipype_qsm.tables import write_rows


def write_head(folder, *, volumes=True, flip=False):
    """Write an output folder with maps, labels and tables of the lopsided head."""
    chi, mask, labels = lopsided_head()
    chi = chi[::-1] if flip else chi
    t2star = np.full(GRID.shape, 0.04, np.float32)
    grid = Grid(GRID.shape, GRID.voxel_size, (0, 0, 1))
    found = idps(chi, t2star, mask, labels.astype(np.float32), grid=grid)
    rows = quality(chi, mask, mask, labels, grid=grid, idps=found.idps)
    folder.mkdir(exist_ok=True)
    write_rows(found.idps, folder / "idps.tsv", list(found.idps[0]))
    write_rows(rows, folder / "qc.tsv", list(rows[0]))
    write_json({"preset": "best"}, folder / "summary.json")
    if volumes:
        frame = Frame(GRID.shape, np.diag([*GRID.voxel_size, 1.0]))
        named = {"chi_referenced": chi, "t2star": t2star, "mask_brain": mask, "mask_tissue": mask, "labels": labels}
        for name, volume in named.items():
            save_volume(volume, frame, folder / f"{name}.nii.gz", name)
    return folder


@pytest.fixture(scope="module", autouse=True)
def small_pictures():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "PIXELS", 500)
        yield


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return subject_report(write_head(tmp_path_factory.mktemp("subject"))).read_text(encoding="utf-8")


def test_the_regions_lie_over_the_map_as_lines_that_can_be_switched_off(page):
    assert 'id="show-regions" checked' in page
    assert '<label for="show-regions">' in page
    over = re.search(r'<svg class="over".*?</svg>', page, re.DOTALL)[0]
    for name in ("thalamus", "putamen", "pallidum"):
        assert f'stroke="{COLOURS[name]}"' in over
    assert COLOURS["hippocampus"] not in over
    legend = re.search(r'<svg class="over".*?<ul class="legend">(.*?)</ul>', page, re.DOTALL)[1]
    assert "putamen" in legend
    assert "hippocampus" not in legend


def test_one_map_lies_over_another_behind_a_curtain(page):
    curtain = re.search(r'<div class="wipe"><img[^>]*alt="([^"]*)"><div class="curtain"><img[^>]*alt="([^"]*)">', page)
    assert curtain[1].startswith("T2*")
    assert curtain[2].startswith("Susceptibility")


def test_every_phenotype_stands_in_the_table_with_its_number_or_its_reason(page):
    text = re.sub(r"<[^>]+>", " ", page)
    assert "All 35 phenotypes, " in text
    assert "QSM_Left_putamen" in text
    assert "0 voxels with label 11; 10 are needed" in text
    assert "mask_lesions was not given" in text


def test_what_is_usual_is_drawn_beside_what_was_found(page):
    assert page.count('class="usual"') == 6  # three structures with both sides, of chi and of T2*
    assert "pallidum left: 120.0, usually 40 to 280" in page or "pallidum left: 119." in page


def test_a_structure_with_a_number_on_one_side_is_drawn_there():
    rows = [Ranged("pallidum", 40, 280, (float("nan"), 62.0)), Ranged("putamen", -20, 160, (10.0, 12.0))]
    chart = ranges(rows, axis_label="QSM, ppb", sentence="")
    assert chart.count("<circle") == 3
    assert "pallidum right: 62.0" in chart
    assert "pallidum left" not in chart
    assert "nan" not in chart


def test_the_quality_stands_among_the_checks_and_its_flags_in_the_verdict(tmp_path):
    page = subject_report(write_head(tmp_path / "flipped", flip=True)).read_text(encoding="utf-8")
    verdict = re.search(r'<div class="verdict look".*?</div>', page, re.DOTALL)[0]
    assert "Labels mirrored, against in place: " in verdict
    assert "Pallidum minus thalamus" in re.sub(r"<[^>]+>", " ", page)


def test_tables_alone_make_the_numbers(tmp_path):
    outputs = Outputs.in_folder(write_head(tmp_path / "tables", volumes=False))
    section = regions_section(outputs)
    assert "<img" not in section
    assert "QSM_Left_putamen" in section
    assert subject_report(tmp_path / "tables").stat().st_size > 1000


def test_a_broken_table_is_named_at_the_top(tmp_path):
    folder = write_head(tmp_path / "broken")
    (folder / "qc.tsv").write_text("name\tvalue\nx\t1\n")
    outputs = Outputs.in_folder(folder)
    assert quality_checks(outputs) == []
    assert "qc.tsv has no column low" in outputs.problems[0]


def test_without_tables_and_labels_there_is_no_section(tmp_path):
    folder = write_head(tmp_path / "bare")
    for name in ("idps.tsv", "qc.tsv", "labels.nii.gz", "t2star.nii.gz"):
        (folder / name).unlink()
    assert 'id="regions"' not in subject_report(folder).read_text(encoding="utf-8")


def test_many_echoes_are_drawn_smaller(tmp_path, monkeypatch):
    """Twelve echoes of noise made a page below 3 MB when it was tried; drawing them takes minutes."""
    monkeypatch.setattr(drawing, "PIXELS", 1600)
    frame, widths = Frame((4, 4, 4), np.diag([2.0, 2.0, 3.0, 1.0])), {}
    for n_echoes in (2, 12):
        folder = tmp_path / str(n_echoes)
        save_volume(np.ones(frame.shape, bool), frame, folder / "mask_brain.nii.gz", "mask_brain")
        for echo in range(1, n_echoes + 1):
            for name in ("magnitude", "phase", "phase_unwrapped", "reliability"):
                save_volume(np.ones(frame.shape, np.float32), frame, folder / f"{name}_echo-{echo}.nii.gz", name)
        widths[n_echoes] = open_studio(Outputs.in_folder(folder)).pixels
    assert widths == {2: 1600, 12: round(1600 * (15 / 48) ** 0.5)}
