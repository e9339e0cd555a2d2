"""Figures of a genome-wide study: Manhattan, Miami, quantiles, a locus, heritability, counts of peaks, genotype groups.

Each function takes what it draws and returns a Matplotlib figure; nothing is opened or saved here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nipype_qsm.reports.genome import KNEE, Pixels, Quantiles, compressed

DARK, LIGHT, RED, GREY, ORANGE = "#1f6f8b", "#86b9cb", "#b3261e", "#5c6570", "#c9761a"
TICKS = np.array([2, 4, 6, 8, 10, 15, 20, 30, 50, 100, 200, 300, 500, 1000, 2000])
KIND_COLOURS = {"QSM": DARK, "T2*": ORANGE}
FEW_POINTS = 100_000
"""Up to here points are drawn larger."""


def spaced(top: float) -> np.ndarray:
    """Return the ticks of a compressed axis that leave each other room.

    Parameters
    ----------
    top : float
        End of the axis, compressed.
    """
    kept: list[float] = []
    for tick in TICKS[compressed(TICKS) <= top][::-1]:
        if not kept or float(compressed(kept[-1])) - float(compressed(tick)) > top / 22:
            kept.append(float(tick))
    return np.array(kept[::-1])


def _figure(width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, sharex=rows > 1, squeeze=False)[:, 0]
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.tick_params(colors=GREY, labelcolor="#1d2126")
    return figure, list(axes)


def manhattan(pixels: Pixels, title: str, *, thresholds: Sequence[float] = (7.5,)) -> Figure:
    """Draw strength along the genome.

    Parameters
    ----------
    pixels : Pixels
    title : str
    thresholds : sequence of float
        Lines to draw, -log10 P.
    """
    figure, (axes,) = _figure(12, 4)
    draw_manhattan(axes, pixels, thresholds)
    axes.set_title(f"{title} ({pixels.n_points:,} variants)", loc="left", fontsize=11)
    return figure


def draw_manhattan(axes: Axes, pixels: Pixels, thresholds: Sequence[float], sign: int = 1) -> None:
    """Draw one panel; downwards where `sign` is -1."""
    genome = pixels.genome
    points = pixels.points()
    for number, name in enumerate(genome.start):
        if name in points:
            x, y = points[name]
            colour = DARK if number % 2 == 0 else LIGHT
            axes.scatter(
                x, sign * y, s=3 if pixels.n_points > FEW_POINTS else 9, color=colour, linewidths=0, rasterized=True
            )
    for threshold in thresholds:
        axes.axhline(sign * float(compressed(np.array(threshold))), color=RED, linewidth=0.9, linestyle="--")
    top = float(compressed(np.array(max(pixels.highest, *thresholds, 8.0)))) * 1.05
    ticks = spaced(top)
    axes.set_yticks(sign * compressed(ticks), [f"{tick:g}" for tick in ticks])
    axes.set(xlim=(-0.003, 1.003), ylim=(0, top) if sign > 0 else (-top, 0))
    axes.set_ylabel("-log10 P" + (f" (log beyond {KNEE:g})" if pixels.highest > KNEE else ""))
    shown = [name for name in genome.start if name not in {"19", "21"}]  # too narrow for their neighbours
    axes.set_xticks([genome.middle[name] / genome.total for name in shown], shown, fontsize=9)
    axes.tick_params(axis="x", length=0)


def miami(above: Pixels, below: Pixels, names: tuple[str, str], *, thresholds: Sequence[float] = (7.5,)) -> Figure:
    """Draw two scans, one upwards and one downwards, such as QSM over T2*.

    Parameters
    ----------
    above, below : Pixels
    names : (str, str)
    thresholds : sequence of float
    """
    figure, (upper, lower) = _figure(12, 6.5, 2)
    draw_manhattan(upper, above, thresholds)
    draw_manhattan(lower, below, thresholds, sign=-1)
    lower.spines["bottom"].set_visible(False)
    lower.tick_params(axis="x", labelbottom=False)
    upper.tick_params(axis="x", labelbottom=True)
    upper.set_title(names[0], loc="left", fontsize=11)
    lower.set_title(names[1], loc="left", fontsize=11, y=0.02)
    upper.set_xlabel("chromosome")
    return figure


def quantiles(curves: Mapping[str, Quantiles]) -> Figure:
    """Draw observed against expected strength.

    Parameters
    ----------
    curves : mapping
        Trait to its counts; the legend says each one's lambda, up to eight traits.
    """
    figure, (axes,) = _figure(5.5, 5)
    end = 1.0
    few = len(curves) <= 8
    for number, (name, curve) in enumerate(curves.items()):
        expected, observed = curve.curve()
        label = f"{name}, \N{GREEK SMALL LETTER LAMDA} = {curve.lambda_gc():.3f}" if few else None
        axes.scatter(
            expected, compressed(observed), s=6, linewidths=0, label=label, color=f"C{number}" if few else DARK
        )
        end = max(end, float(expected.max()))
    axes.plot([0, end], [0, end], color=GREY, linewidth=0.9)
    top = axes.get_ylim()[1]
    ticks = np.concatenate([[0], spaced(top)])
    axes.set_yticks(compressed(ticks), [f"{tick:g}" for tick in ticks])
    axes.set(xlabel="expected -log10 P", ylabel="observed -log10 P", xlim=(0, end * 1.03), ylim=(0, top))
    if few:
        axes.legend(frameon=False, fontsize=9, loc="upper left")
    return figure


def locus(
    pos: np.ndarray,
    mlog10p: np.ndarray,
    lead: int,
    title: str,
    *,
    r2: np.ndarray | None = None,
    genes: Sequence[tuple[int, int, str]] = (),
) -> Figure:
    """Draw one region: strength by position, coloured by correlation with the lead, with genes below.

    Parameters
    ----------
    pos : (variants,) int array
    mlog10p : (variants,) float array
    lead : int
        Index of the lead.
    title : str
    r2 : (variants,) float array, optional
        Squared correlation with the lead.
    genes : sequence of (start, end, name)
    """
    figure = Figure(figsize=(8, 5.5 if genes else 4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    ratios = [4, 1.2] if genes else [1]
    axes, *below = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
    order = np.argsort(mlog10p if r2 is None else r2, kind="stable")
    shade = {"color": DARK} if r2 is None else {"c": np.asarray(r2)[order], "cmap": "viridis_r", "vmin": 0, "vmax": 1}
    drawn = axes.scatter(pos[order] / 1e6, mlog10p[order], s=14, linewidths=0, **shade)
    if r2 is not None:
        figure.colorbar(drawn, ax=axes, label="r\N{SUPERSCRIPT TWO} with the lead", shrink=0.8)
    axes.scatter(pos[lead] / 1e6, mlog10p[lead], s=60, marker="D", color=RED, zorder=3)
    axes.axhline(7.5, color=RED, linewidth=0.9, linestyle="--")
    axes.set(ylabel="-log10 P", ylim=(0, None))
    axes.set_title(title, loc="left", fontsize=11)
    for one in below:
        _genes(one, genes, (float(pos.min()), float(pos.max())))
    (below[-1] if below else axes).set_xlabel("position, million bases")
    for one in (axes, *below):
        one.spines[["top", "right"]].set_visible(False)
    return figure


def _genes(axes: Axes, genes: Sequence[tuple[int, int, str]], span: tuple[float, float]) -> None:
    ends: list[float] = []
    room = 0.06 * (span[1] - span[0])
    for start, end, name in sorted(genes):
        row = next((number for number, taken in enumerate(ends) if taken < start - room), len(ends))
        ends[row : row + 1] = [max(end, start + 2 * room)]
        axes.plot([max(start, span[0]) / 1e6, min(end, span[1]) / 1e6], [-row, -row], color=DARK, linewidth=3)
        axes.text(max(start, span[0]) / 1e6, -row + 0.2, name, fontsize=7, style="italic", clip_on=True)
    axes.set(ylim=(-len(ends), 1), yticks=[])
    axes.spines["left"].set_visible(False)


def heritability_bars(names: Sequence[str], h2: np.ndarray, error: np.ndarray, kinds: Sequence[str]) -> Figure:
    """Draw heritability with its standard error, one bar a trait.

    Parameters
    ----------
    names : sequence of str
    h2, error : (traits,) float array
    kinds : sequence of str
        Each one's kind, which colours it.
    """
    figure, (axes,) = _figure(max(5.0, 1.5 + 0.28 * len(names)), 4.2)
    _bars(axes, names, h2, kinds)
    axes.errorbar(np.arange(len(names)), h2, yerr=error, fmt="none", ecolor="#1d2126", elinewidth=1, capsize=2)
    axes.set_ylabel("SNP heritability")
    axes.axhline(0, color=GREY, linewidth=0.8)
    return figure


def peak_counts(names: Sequence[str], n: np.ndarray, n_replicated: np.ndarray, kinds: Sequence[str]) -> Figure:
    """Draw how many peaks each trait has, and in full colour how many replicate.

    Parameters
    ----------
    names : sequence of str
    n, n_replicated : (traits,) int array
    kinds : sequence of str
    """
    figure, (axes,) = _figure(max(5.0, 1.5 + 0.28 * len(names)), 4.2)
    for bar in _bars(axes, names, n, kinds):
        bar.set_alpha(0.4)
    _bars(axes, names, n_replicated, kinds)
    axes.set_ylabel("peaks (full colour: replicated)")
    axes.yaxis.get_major_locator().set_params(integer=True)
    return figure


def _bars(axes: Axes, names: Sequence[str], heights: np.ndarray, kinds: Sequence[str]) -> list:
    colours = [KIND_COLOURS.get(kind, GREY) for kind in kinds]
    bars = axes.bar(np.arange(len(names)), heights, color=colours, width=0.8)
    axes.set_xticks(np.arange(len(names)), names, rotation=90, fontsize=8)
    axes.set_xlim(-0.8, len(names) - 0.2)
    if axes.get_legend() is None:
        shown = [kind for kind in dict.fromkeys(kinds) if len(set(kinds)) > 1]
        handles = [bars[list(kinds).index(kind)] for kind in shown]
        if shown:
            axes.legend(handles, shown, frameon=False, fontsize=9)
    return list(bars)


def genotype_groups(count: np.ndarray, trait: np.ndarray, alleles: tuple[str, str], title: str, unit: str) -> Figure:
    """Draw a trait by genotype: its distribution, its mean and the error of the mean.

    Parameters
    ----------
    count : (people,) float array
        Expected count of the effect allele; rounded here.
    trait : (people,) float array
    alleles : (str, str)
        The other and the effect allele.
    title, unit : str
    """
    figure, (axes,) = _figure(4.5, 4.2)
    other, effect = alleles
    labels = [f"{other}{other}", f"{other}{effect}", f"{effect}{effect}"]
    known = np.isfinite(count) & np.isfinite(trait)
    rounded = np.rint(count[known])
    groups = [trait[known][rounded == number] for number in range(3)]
    shown = [number for number in range(3) if groups[number].size > 2]
    body = axes.violinplot([groups[number] for number in shown], positions=shown, widths=0.8, showextrema=False)
    for part in body["bodies"]:
        part.set(facecolor=LIGHT, alpha=0.6, edgecolor="none")
    means = np.array([groups[number].mean() for number in shown])
    errors = np.array([groups[number].std(ddof=1) / np.sqrt(groups[number].size) for number in shown])
    axes.errorbar(shown, means, yerr=1.96 * errors, fmt="o", color=DARK, capsize=4)
    ticks = [f"{label}\nn = {group.size:,}" for label, group in zip(labels, groups, strict=True)]
    axes.set_xticks(range(3), ticks)
    axes.set(ylabel=unit, xlim=(-0.6, 2.6))
    axes.set_title(title, loc="left", fontsize=11)
    return figure
