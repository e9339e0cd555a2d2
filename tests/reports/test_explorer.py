"""The page to explore associations: small, self-contained, and working in a real browser."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from nipype_qsm.reports.explorer import explorer

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (path := shutil.which(name))), None
)


def page(rng, n_idps=36, n_phenotypes=3000, **options):
    p = rng.exponential(size=(n_idps, n_phenotypes))
    p[3, 70], p[2, 8], p[0, 0] = 1700.0, np.inf, np.nan
    names = [f"{'QSM' if k % 2 else 'T2'}_region{k // 2}" for k in range(n_idps)]
    phenotypes = [f"<i>phenotype</i> {k}-2.0" for k in range(n_phenotypes)]
    categories = [f"category {k % 30:02d} & more" for k in range(n_phenotypes)]
    r, n = rng.normal(size=p.shape), np.full(p.shape, 900)
    return explorer(r, n, p, names, phenotypes, categories, bonferroni=6.3, fdr=4.0, **options)


def test_it_stays_below_a_megabyte_and_fetches_nothing(rng):
    text = page(rng, n_phenotypes=17485)
    assert len(text.encode()) < 1_000_000  # 415 kB
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_strongest_points_are_named_and_no_text_can_leave_its_place(rng):
    text = page(rng, n_hits=50)
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert len(data["hits"]) == 50
    assert data["hits"][0][4] == 1700
    assert data["phenotypes"][data["hits"][0][1]] == "<i>phenotype</i> 70-2.0"
    assert "</i>" not in text


def test_no_name_of_an_element_is_given_twice(rng):
    names = re.findall(r'<[^>]*\sid="([^"]+)"', page(rng, n_hits=50))
    assert len(names) == len(set(names)) > 8


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_finds_what_the_address_asks_for(rng, tmp_path):
    path = tmp_path / "explore.html"
    path.write_text(page(rng, n_idps=4, n_phenotypes=200), encoding="utf-8")
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
    ]
    done = subprocess.run(
        [*command, f"{path.as_uri()}#phenotype</i>%2070-"], capture_output=True, text=True, timeout=120, check=True
    )
    assert 'data-ready="yes"' in done.stdout
    shown = int(re.search(r'data-shown="(\d+)"', done.stdout)[1])
    assert shown == 4
    assert done.stdout.count("<circle") == shown
    told = re.search(r'<p id="told"[^>]*>(.*?)</p>', done.stdout)[1]
    assert "70-2.0 (category 10 &amp; more) with QSM_region1" in told
    assert "\N{MINUS SIGN}log10 P = 1700" in told
