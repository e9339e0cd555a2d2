"""The page of maps: small, self-contained, and working in a real browser."""

import base64
import json
import re
import shutil
import subprocess
import zlib

import numpy as np
import pytest

from nipype_qsm.reports import voxel_page as module
from nipype_qsm.reports.voxel_figures import Overlay
from nipype_qsm.reports.voxel_page import Grid, voxel_page

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (path := shutil.which(name))), None
)
AFFINE = np.array([[-2.0, 0, 0, 38], [0, 2, 0, -40], [0, 0, 2, -30], [0, 0, 0, 1]])


def study(rng, shape=(40, 44, 36), names=("iron", "<i>age</i>")):
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    mask = sum(axis**2 for axis in axes) < 1
    overlays, rows = [], []
    for k, name in enumerate(names):
        r = np.where(mask, rng.normal(0, 0.005, shape), 0)
        r[10:13, 20:23, 15 + k] = -0.3
        r[~mask] = 0
        mlog10p = np.where(mask, 4000 * r**2, np.nan)
        mlog10p[11, 21, 15 + k] += 1
        overlays.append((Overlay(name, r, mlog10p, 6.0, "FDR"), mask * 1000))
        rows.append(
            {"name": name, "n": 1000, "fdr": 6.0, "bonferroni": 7.0, "n_fdr": 9, "n_bonferroni": 9, "peak_r": -0.3}
            | {"peak_mlog10p": float(np.nanmax(mlog10p))}
        )
    return overlays, np.where(mask, rng.normal(size=shape), 0), mask, rows


def page(rng, **options):
    overlays, background, mask, rows = study(rng, **options)
    return voxel_page(overlays, background, mask, AFFINE, rows=rows, facts="1000 subjects.")


def data_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def unpacked(text):
    return np.cumsum(np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8), dtype=np.uint8)


def test_it_fetches_nothing_and_no_text_can_leave_its_place(rng):
    text = page(rng)
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", text)
    assert "http" not in text
    assert "<i>age" not in re.sub(r'id="data">.*?</script>', "", text, flags=re.DOTALL)
    assert "</i>" not in re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1]


def test_what_is_packed_is_the_maps_in_steps(rng, monkeypatch):
    monkeypatch.setattr(module, "MOST_VOXELS", 1_000_000)
    mask = study(rng)[2]
    data = data_of(page(np.random.default_rng(0)))
    grid = Grid(mask, AFFINE)
    assert grid.factor == 1
    one = next(each for each in data["variables"] if each["name"] == "iron")
    p = unpacked(one["p"]).astype(float) ** 2 / 255**2 * one["top"]
    assert p.reshape(data["shape"], order="F")[tuple(one["peak"])] == pytest.approx(one["top"])
    r = (unpacked(one["r"]).astype(float) - 128) / 127 * one["most"]
    assert r.reshape(data["shape"], order="F")[tuple(one["peak"])] == pytest.approx(-0.3, abs=0.003)
    where = np.array(data["origin"]) + np.array(data["step"]) * one["peak"]
    np.testing.assert_allclose(where, (AFFINE @ [11, 21, 15, 1])[:3], atol=0.01)


def test_coarser_voxels_keep_the_strongest(rng, monkeypatch):
    monkeypatch.setattr(module, "MOST_VOXELS", 4000)
    data = data_of(page(rng))
    assert np.prod(data["shape"]) <= 4000
    assert all(one["top"] > 350 for one in data["variables"])


def test_what_does_not_fit_is_left_out_weakest_first_and_said(rng, monkeypatch):
    names = [f"v{k}" for k in range(6)]
    whole = data_of(page(rng, names=names))
    parts = [sum(len(one[key]) for key in ("p", "r", "share")) for one in whole["variables"]]
    monkeypatch.setattr(module, "MOST_BYTES", len(whole["background"]) + sum(parts) // 2)
    text = page(rng, names=names)
    shown = len(data_of(text)["variables"])
    assert 0 < shown < 6
    assert f"{shown} of 6 variables are on this page" in text


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_shows_the_variable_that_the_address_asks_for(rng, tmp_path):
    path = tmp_path / "voxelwise.html"
    path.write_text(page(rng), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [BROWSER, *options, "--virtual-time-budget=20000", "--dump-dom", f"{path.as_uri()}#<i>age</i>"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert 'data-ready="yes"' in done.stdout
    assert int(re.search(r'data-coloured="(\d+)"', done.stdout)[1]) == 9
    told = re.search(r'<p id="told"[^>]*>(.*?)</p>', done.stdout)[1]
    assert told.startswith("&lt;i&gt;age&lt;/i&gt; at x, y, z = 16, 2, 2 mm: r \N{ALMOST EQUAL TO} \N{MINUS SIGN}0.3")
    assert "n \N{ALMOST EQUAL TO} 1,000" in told
