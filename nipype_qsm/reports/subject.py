"""The page of one subject: accept or refuse at a glance, then every step in pictures.

Reads an output folder of the pipeline, whatever of it is there, and writes `report.html` beside the volumes: one file
without scripts that opens from disk, in light and dark, on screen and paper.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nipype_qsm import __version__
from nipype_qsm.io import atomically
from nipype_qsm.reports import pictures, sections
from nipype_qsm.reports.charts import histogram
from nipype_qsm.reports.checks import checks
from nipype_qsm.reports.displays import DISPLAYS
from nipype_qsm.reports.measures import mask_shape, mask_steps, spread
from nipype_qsm.reports.outputs import Outputs, is_number
from nipype_qsm.reports.page import Html, document, join, number, paragraph, tag
from nipype_qsm.reports.pictures import Studio, open_studio
from nipype_qsm.reports.regions import quality_checks, regions_section

NAME = "report.html"
HISTOGRAM_PPB = (-200.0, 300.0)
OBLIQUE_DEGREES = 1.0


def subject_report(folder: Path) -> Path:
    """Draw the page of a subject.

    Parameters
    ----------
    folder : path
        Output folder of the pipeline: volumes named by the vocabulary, `summary.json`; anything may be missing.

    Returns
    -------
    report : path
        `report.html` in that folder.

    Notes
    -----
    Volumes are loaded one at a time. A file that cannot be read is named at the top of the page, with its cure.
    """
    folder = Path(folder)
    outputs = Outputs.in_folder(folder)
    studio = open_studio(outputs)
    if studio is None:
        content = _text_only(outputs)
    else:
        frame = outputs.frame
        assert frame is not None
        studio.measured.masks = mask_steps(studio.masks)
        studio.measured.voxel_ml = float(abs(np.linalg.det(frame.affine[:3, :3]))) / 1000.0
        if "mask_brain" in studio.masks:
            studio.measured.mask_shape = mask_shape(studio.masks["mask_brain"], frame.affine)
        content = _illustrated(studio)
    title = f"QSM report: {folder.resolve().name}"
    footer = (
        f"Made by nipype_qsm {__version__} from the files in this folder. The ranges called usual are those of adult "
        "brains; this page supports a reader and does not replace one."
    )
    page = document(title, join(tag("h1", title), paragraph(_subtitle(outputs), quiet=True)), content, footer)
    with atomically(folder / NAME) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return folder / NAME


def _subtitle(outputs: Outputs) -> str:
    facts, preset = outputs.section("acquisition"), outputs.summary.get("preset")
    times, strength, coils, size = (
        facts.get(name) for name in ("echo_times", "field_strength", "n_coils", "voxel_size")
    )
    methods = [step.get("method") for step in outputs.section("steps").values() if isinstance(step, dict)]
    parts = [
        f"{strength} T" if strength else "",
        _by(size),
        f"{len(times)} echo{'es' if len(times) > 1 else ''}" if isinstance(times, list) else "",
        f"{coils} coil{'s' if coils != 1 else ''}" if coils else "",
        f"preset {preset}" if preset else "",
        " \N{RIGHTWARDS ARROW} ".join(dict.fromkeys(str(method) for method in methods)),
    ]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def _by(edges: object) -> str:
    if not isinstance(edges, list) or not edges or not all(is_number(edge) for edge in edges):
        return ""
    return " \N{MULTIPLICATION SIGN} ".join(f"{edge:.3g}" for edge in edges) + " mm"


def _text_only(outputs: Outputs) -> list[tuple[str, str, Html]]:
    found = [*checks(sections.Measured(), outputs.summary), *quality_checks(outputs)]
    numbers = regions_section(outputs)
    return [
        ("glance", "At a glance", join(_verdict(outputs, found), sections.check_table(found))),
        ("regions", "Regions", numbers),
        *_words(outputs, []),
    ]


def _illustrated(studio: Studio) -> list[tuple[str, str, Html]]:
    outputs = studio.outputs
    first, chart, mosaic = _susceptibility(studio)
    masks = pictures.mask_figure(studio)
    reference = _reference(studio)
    regions = regions_section(outputs, studio)
    steps = pictures.step_figures(studio)
    found = [*checks(studio.measured, outputs.summary), *quality_checks(outputs)]
    below = tag("div", tag("div", sections.check_table(found)), tag("div", chart), class_="glance")
    return [
        ("glance", "At a glance", join(_verdict(outputs, found), first, below)),
        ("masks", "Masks", join(masks, sections.mask_table(studio.measured, outputs.section("masks")))),
        ("regions", "Regions", regions),
        ("truth", "Truth", sections.truth(outputs)),
        ("steps", "Step by step", join(_conventions(studio), steps) if steps else Html("")),
        ("slices", "Slice by slice", mosaic),
        ("reference", "Reference", reference),
        *_words(outputs, _orientation(studio), truth=False),
    ]


def _verdict(outputs: Outputs, found: list[sections.Check]) -> Html:
    return sections.verdict(found, outputs.items("warnings"), outputs.problems)


def _words(outputs: Outputs, view_facts: list[tuple[str, str]], *, truth: bool = True) -> list[tuple[str, str, Html]]:
    done, cited = sections.methods(outputs)
    return [
        *([("truth", "Truth", sections.truth(outputs))] if truth else []),
        ("methods", "What was done", done),
        ("acquisition", "Acquisition", sections.acquisition(outputs, view_facts)),
        ("run", "The run", sections.run(outputs)),
        ("cite", "How to cite", sections.references(cited)),
    ]


def _susceptibility(studio: Studio) -> tuple[Html, Html, Html]:
    """Return the first picture, the histogram of the tissue and the slices from bottom to top."""
    quantity = pictures.chi_quantity(studio.outputs)
    volume = studio.outputs.load(quantity) if quantity else None
    if quantity is None or volume is None:
        studio.outputs.problems.append("There is no susceptibility map in this folder that can be read.")
        return Html(""), Html(""), Html("")
    display = DISPLAYS[quantity]
    caption = f"{quantity}. Radiological convention: the patient's right (R) is on the left."
    first = pictures.volume_figure(studio, quantity, volume, studio.view.planes(), caption=caption)
    mosaic = pictures.mosaic(studio, volume, quantity)
    tissue = studio.mask("mask_tissue", "mask_local", "mask_brain")
    if tissue is None:
        return first, Html(""), mosaic
    values = volume[tissue] * display.scale
    low, high = display.window or HISTOGRAM_PPB
    found = spread(values)
    studio.measured.chi = found
    studio.measured.chi_beyond = float(np.mean((values < low) | (values > high)))
    if found is None:
        return first, Html(""), mosaic
    spoken = f"Histogram of {quantity} in the tissue: median {found.median:.1f} ppb."
    chart = Html(histogram(values, *HISTOGRAM_PPB, axis_label=f"{quantity} in tissue, ppb", sentence=spoken))
    caption = (
        f"Median {number(found.median, 1)}, standard deviation {number(found.deviation, 1)}, 98 % between "
        f"{number(found.low, 1)} and {number(found.high, 1)} ppb; {number(found.n_voxels)} voxels."
    )
    return first, tag("figure", chart, tag("figcaption", caption)), mosaic


def _reference(studio: Studio) -> Html:
    outputs, region = studio.outputs, studio.masks.get("mask_reference")
    facts = sections.reference_facts(outputs)
    quantity = "chi" if outputs.echoes("chi") else pictures.chi_quantity(outputs)
    volume = outputs.load(quantity) if quantity and region is not None else None
    if region is None or volume is None or quantity is None:
        return facts
    drawn = pictures.reference_figure(studio, volume, quantity)
    chart = sections.reference_histogram(outputs, volume[region] * DISPLAYS[quantity].scale, quantity)
    return join(drawn, tag("div", chart, tag("div", facts), class_="pair"))


def _orientation(studio: Studio) -> list[tuple[str, str]]:
    tilt = studio.view.tilt
    turned = f"oblique, {tilt:.1f}\N{DEGREE SIGN} from the scanner's axes" if tilt > OBLIQUE_DEGREES else "straight"
    return [("Slices", turned)]


def _conventions(studio: Studio) -> Html:
    tilt = studio.view.tilt
    slices = (
        f" The acquisition is oblique by {tilt:.1f}\N{DEGREE SIGN}; slices follow the voxel axes and letters name the "
        "nearest direction."
        if tilt > OBLIQUE_DEGREES
        else ""
    )
    return paragraph(
        "Radiological convention: the patient's right (R) is on the left. Voxels keep their true proportions. i, j, k "
        "are the file's voxel axes, counted from 0. Black is outside the mask. Volumes are interpolated for display; "
        f"phase and masks are not.{slices}",
        quiet=True,
    )
