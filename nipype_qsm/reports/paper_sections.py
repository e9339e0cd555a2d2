"""The six figures of a simulated study: what its commands drew, and planted against found beside it."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.figure import Figure

from nipype_qsm.kernels.cohort.modalities import QSM, T2STAR, modality
from nipype_qsm.reports.page import Html, figure, image, join, paragraph, scale, tag
from nipype_qsm.reports.paper_figures import Step, against_truth, chain
from nipype_qsm.reports.paper_maps import overlays, templates
from nipype_qsm.reports.planted import Study, scanned
from nipype_qsm.reports.planted_effects import associated, inherited

CAPTIONS = {
    "lesions_against_volume": "White matter hyperintensities: susceptibility grows with their volume, which is why "
    "volume is regressed out.",
    "reproducibility": "Correlation between two visits of the same people, with 95 % intervals.",
    "gradient_T2_Left_putamen": "T2* of the left putamen against the field's gradient there, before and after the "
    "gradient is regressed out.",
    "manhattan": "Every phenotype of the person against every phenotype of the brain, confounds out of both: "
    "susceptibility above, T2* below, in grey the other one.",
    "bland_altman": "Bland-Altman plot of -log10 P: each point is a phenotype and a region.",
    "angle": "The same by category: above, what susceptibility alone sees; below, what T2* alone sees.",
    "miami": "Genome-wide associations in the discovery: the strongest of all traits of susceptibility, and of T2*.",
    "heritability": "Heritability by LD score regression, with standard errors.",
    "peaks": "Peaks of each trait; in full colour those that are found again in the replication.",
    "genotypes": "The trait of the strongest peak by genotype.",
    "locus": "The locus of the strongest peak; linkage with the lead in colour, the gene below.",
    "qq": "Observed against expected: many small effects lift the whole of a heritable trait.",
}


def figure_1(study: Study) -> Html:
    """Show a scanned person's chain, lesions and gradients.

    Parameters
    ----------
    study : Study
    """
    parts: list[Html] = []
    visit = next(iter(sorted((study.folder / "results").glob("*_2"))), None)
    if visit is not None:
        told = "One of the people with scans, from uncombined coils to maps. Yellow: where susceptibility is computed; "
        parts = [
            paragraph(told + "blue: the ventricles, whose susceptibility is called zero."),
            _pair(*(_picture(step, content) for step, content in chain(visit))),
            _pair(_through_the_chain(study, QSM, "ppb"), _through_the_chain(study, T2STAR, "ms")),
        ]
    parts += [_pair(_drawn(study, "lesions_against_volume"), _drawn(study, "reproducibility"))]
    return join(*parts, _drawn(study, "gradient_T2_Left_putamen"))


def figure_2(study: Study) -> Html:
    """Show the associations with phenotypes of the person.

    Parameters
    ----------
    study : Study
    """
    told = "Age, sex and site are in every phenotype: without deconfounding nearly everything would be associated. "
    return join(
        _drawn(study, "manhattan"),
        paragraph(told, tag("a", "The interactive page", href="figures/explore.html"), " names what is pointed at."),
    )


def figure_3(study: Study) -> Html:
    """Show what one modality sees and the other does not.

    Parameters
    ----------
    study : Study
    """
    both = associated(study)
    drawn = against_truth(
        both["r_planted"].to_numpy(),
        both["r"].to_numpy(),
        both["kind"].tolist(),
        across="planted r",
        up="found r",
        error=(1 / np.sqrt(both["dof"])).to_numpy(),
    )
    told = "Planted and found correlations. Iron is seen by both; what is called calcium here by susceptibility alone, "
    shown = _drawn(study, "bland_altman"), _drawn(study, "angle"), _plate(drawn, told + "and myelin by T2* alone.")
    return tag("div", *shown, class_="trio")


def figure_4(study: Study) -> Html:
    """Show templates, and voxels that follow phenotypes.

    Parameters
    ----------
    study : Study
    """
    return join(*templates(study), *overlays(study, "phenotype"))


def figure_5(study: Study) -> Html:
    """Show loci, heritability, peaks and genotype groups.

    Parameters
    ----------
    study : Study
    """
    h2 = inherited(study)
    drawn = against_truth(
        h2["h2_planted"].to_numpy(),
        h2["h2"].to_numpy(),
        [modality(name) for name in h2["trait"]],
        across="planted heritability",
        up="found",
        error=h2["h2_se"].to_numpy(),
    )
    return join(
        _drawn(study, "miami"),
        _drawn(study, "heritability"),
        _drawn(study, "peaks"),
        _pair(_drawn(study, "genotypes"), _plate(drawn, "Planted and found heritability, with standard errors.")),
        _pair(_drawn(study, "locus"), _drawn(study, "qq")),
    )


def figure_6(study: Study) -> Html:
    """Show voxels that follow variants.

    Parameters
    ----------
    study : Study
    """
    return join(*overlays(study, "variant"))


def _pair(*content: Html) -> Html:
    return tag("div", *content, class_="pair")


def _picture(step: Step, content: bytes) -> Html:
    below = scale(step.low, step.high, step.unit, "gray") if np.isfinite(step.low) else Html("")
    return figure(content, f"{step.title}: an axial and a coronal plane", below, step.title)


def _through_the_chain(study: Study, kind: str, unit: str) -> Html:
    both = scanned(study).dropna()
    own = both[[modality(name) == kind for name in both["idp"]]]
    labels = {"across": f"planted, {unit}", "up": f"measured, {unit}"}
    drawn = against_truth(own["planted"].to_numpy(), own["found"].to_numpy(), own["eid"].tolist(), **labels)
    told = (
        f"{kind} of the people with scans, a colour a person. Voxels of 3 mm take in what lies around small nuclei, so "
    )
    return _plate(drawn, told + "that the extremes are measured too near to the middle.")


def _drawn(study: Study, name: str) -> Html:
    path = study.folder / "figures" / f"{name}.png"
    if not path.is_file():
        return paragraph(f"{name} was not drawn: there was nothing to draw.", quiet=True)
    caption = CAPTIONS[name]
    return tag("figure", image(path.read_bytes(), caption), tag("figcaption", caption), class_="plate")


def _plate(drawn: Figure, caption: str) -> Html:
    content = io.BytesIO()
    drawn.savefig(content, format="png", dpi=130)
    return tag("figure", image(content.getvalue(), caption), tag("figcaption", caption), class_="plate")
