"""The picture of what `python -m benchmarks.matrix --write` measured: a map of colours for each figure.

Background removals stand below each other, inversions beside each other; blue is better, and the best of a row is bold.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "matrix.json"
PANELS = ("xsim", "whole", "within", "correlation")
LESS_IS_BETTER = {"within", "rmse"}
WIDTH, HEIGHT, LEFT, TOP, GAP = 46, 20, 150, 74, 14
WORST, BEST = (255, 247, 236), (107, 174, 214)


def picture() -> str:
    """Return the picture as SVG."""
    written = json.loads(FILE.read_text())
    cells = written["cells"]
    rows, columns = (list(dict.fromkeys(cell[name] for cell in cells)) for name in ("background", "inversion"))
    height = TOP + HEIGHT * len(rows) + GAP
    size = LEFT + WIDTH * len(columns) + GAP, height * len(PANELS)
    parts = [_panel(written, value, rows, columns, height * n) for n, value in enumerate(PANELS)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" '
        f'font-family="sans-serif" font-size="11" role="img">\n'
        "<title>Every background removal before every inversion</title>\n"
        f'<rect width="100%" height="100%" fill="white"/>\n{"".join(parts)}</svg>\n'
    )


def _panel(written: dict[str, Any], value: str, rows: list[str], columns: list[str], top: int) -> str:
    figures = {(cell["background"], cell["inversion"]): cell[value] for cell in written["cells"]}
    low, high = min(figures.values()), max(figures.values())
    start = top + TOP
    text = f'<text x="8" y="{top + 18}" font-size="13" font-weight="bold">{written["titles"][value]}</text>\n'
    for n, name in enumerate(columns):
        x = LEFT + WIDTH * n + 12
        text += f'<text transform="translate({x},{start - 5}) rotate(-35)">{name}</text>\n'
    kept = {cell["background"]: cell["kept"] for cell in written["cells"]}
    for m, row in enumerate(rows):
        y = start + HEIGHT * m
        text += f'<text x="{LEFT - 6}" y="{y + 14}" text-anchor="end">{row} {kept[row]:.0f} %</text>\n'
        here = [figures[row, name] for name in columns if (row, name) in figures]
        best = min(here) if value in LESS_IS_BETTER else max(here)
        for n, name in enumerate(columns):
            if (figure := figures.get((row, name))) is None:
                continue
            share = (figure - low) / (high - low or 1)
            fill = _mixed(1 - share if value in LESS_IS_BETTER else share)
            weight = ' font-weight="bold"' if figure == best else ""
            shown = f"{figure:.1f}" if value in LESS_IS_BETTER else f"{figure:.3f}".replace("0.", ".", 1)
            x = LEFT + WIDTH * n
            text += f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="{fill}" stroke="white"/>'
            text += f'<text x="{x + WIDTH // 2}" y="{y + 14}" text-anchor="middle"{weight}>{shown}</text>\n'
    return text


def _mixed(share: float) -> str:
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in zip(WORST, BEST, strict=True))
