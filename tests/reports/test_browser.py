"""The page as a reader sees it: opened from disk in a real browser without a window."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from matplotlib.image import imread

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZE = (1000, 1400)


@pytest.fixture(scope="module")
def browser():
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: the page is not looked at (apt-get install chromium)")
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory, small_subject):
    """A report of a small subject with maps, labels and tables."""
    from nipype_qsm.io import load_volume, save_volume
    from nipype_qsm.kernels.regions.idps import idps
    from nipype_qsm.kernels.regions.quality import quality
    from nipype_qsm.reports.subject import subject_report
    from nipype_qsm.tables import write_rows

    folder, truth = tmp_path_factory.mktemp("page") / "subject 1 & two", small_subject / "ukb" / "truth"
    arrays = {}
    for name, source in {
        "chi_referenced": "chi",
        "t2star": "t2star",
        "mask_brain": "mask_brain",
        "labels": "labels",
    }.items():
        arrays[name], frame = load_volume(truth / f"{source}.nii.gz", source)
        save_volume(arrays[name], frame, folder / f"{name}.nii.gz", name)
    arrays["mask_tissue"] = arrays["mask_brain"]
    save_volume(arrays["mask_tissue"], frame, folder / "mask_tissue.nii.gz", "mask_tissue")
    found = idps(*(arrays[name] for name in ("chi_referenced", "t2star", "mask_tissue", "labels")), grid=frame.grid())
    checks = quality(*(arrays[name] for name in ("chi_referenced", "mask_tissue", "mask_brain", "labels")),
                     grid=frame.grid(), idps=found.idps)  # fmt: skip
    write_rows(found.idps, folder / "idps.tsv", list(found.idps[0]))
    write_rows(checks, folder / "qc.tsv", list(checks[0]))
    return subject_report(folder)


def run(browser, folder, *arguments):
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += ["--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}"]
    command += [f"--window-size={SIZE[0]},{SIZE[1]}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout


def picture(browser, page, folder, name):
    target = folder / f"{name}.png"
    run(browser, folder, f"--screenshot={target}", page.as_uri())
    return (255 * imread(target)[..., :3]).astype(int)


def test_the_page_opens_from_disk_and_shows_its_pictures(browser, report, tmp_path):
    shown = picture(browser, report, tmp_path, "page")
    assert shown.shape[:2] == (SIZE[1], SIZE[0])
    grey = np.ptp(shown, axis=2) < 6
    dark = grey & (shown.mean(axis=2) < 20)
    assert dark.mean() > 0.05  # the black ground of the pictures: 0.26
    assert (shown.mean(axis=2) > 240).mean() > 0.2  # the paper: 0.55
    assert report.stat().st_size < 3_000_000


def test_nothing_is_fetched_and_nothing_runs_over_the_edge(browser, report, tmp_path):
    """A copy of the page measures itself: its width, the pictures that did not load, what it asked the network for."""
    probe = (
        "<script>document.title = JSON.stringify({over: document.documentElement.scrollWidth - innerWidth, broken: "
        "[...document.images].filter(i => !i.naturalWidth).length, images: document.images.length, "
        "fetched: performance.getEntriesByType('resource').filter(r => !r.name.startsWith('data:')).length})</script>"
    )
    copy = tmp_path / "copy.html"
    copy.write_text(report.read_text(encoding="utf-8").replace("</body>", f"{probe}</body>"), encoding="utf-8")
    title = run(browser, tmp_path, "--dump-dom", copy.as_uri()).partition("<title>")[2].partition("</title>")[0]
    found = json.loads(title.replace("&quot;", '"'))
    assert found["images"] >= 5
    assert (found["over"], found["broken"], found["fetched"]) == (0, 0, 0)


def test_the_switch_hides_the_outlines(browser, report, tmp_path):
    """The regions alone, with the switch on and off: green and yellow lines are there and go."""
    text = report.read_text(encoding="utf-8")
    start = text.index('<section id="regions"')
    only = text[: text.index("<main")] + "<main>" + text[start : text.index("</section>", start)] + "</section></main>"
    pages = {"on": only, "off": only.replace('id="show-regions" checked', 'id="show-regions"')}
    coloured = {}
    for name, content in pages.items():
        page = tmp_path / f"{name}.html"
        page.write_text(content, encoding="utf-8")
        shown = picture(browser, page, tmp_path, name)
        coloured[name] = int(np.count_nonzero((shown.max(axis=2) > 180) & (np.ptp(shown, axis=2) > 120)))
    assert coloured["on"] > coloured["off"] + 300
