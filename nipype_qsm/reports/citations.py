"""What each method did, in a sentence for a methods section, and what to cite for it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from nipype_qsm.reports.references import REFERENCES, Reference

SENTENCES: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "coils": {
        "mcpc3ds": (
            "Coil phases were combined by MCPC-3D-S, which estimates and removes a smooth phase offset from each coil",
            ("eckstein2018",),
        ),
        "adaptive": (
            "Coils were combined by the strongest eigenvector of their local covariance, after the phase of the field "
            "had been taken off",
            ("walsh2000",),
        ),
        "virtual_reference": (
            "Coils were combined after setting the phase of each to that of a virtual reference coil",
            ("parker2014",),
        ),
        "phase_difference_combination": (
            "Coils were combined by their phase difference between echoes, which is free of coil offsets",
            ("roemer1990",),
        ),
        "sum_of_squares": ("Coil magnitudes were combined by the root of the sum of squares", ("roemer1990",)),
        "combined": ("Coils had been combined already", ()),
    },
    "difference": {
        "romeo": ("The phase difference of the first two echoes was unwrapped with ROMEO", ("dymerska2021",)),
        "prelude": ("The phase difference of the first two echoes was unwrapped with PRELUDE", ("jenkinson2003",)),
        "best_path": (
            "The phase difference of the first two echoes was unwrapped along the most reliable path",
            ("abdulrahman2007",),
        ),
        "laplacian": (
            "The phase difference of the first two echoes was unwrapped with the Laplacian method",
            ("schofield2003",),
        ),
    },
    "reliability": {
        "reliability": (
            "Phase reliability was computed for each echo as the local mean resultant length of the phase",
            ("wang2022",),
        ),
    },
    "refine_first": {
        "refine": (
            "Voxels with unreliable phase were removed from the brain mask before background removal",
            ("wang2022",),
        ),
    },
    "unwrap": {
        "harperella": (
            "Phase was unwrapped and freed of background in one step by its Laplacian (HARPERELLA)",
            ("li2014",),
        ),
        "romeo": ("The phase of each echo was unwrapped with ROMEO", ("dymerska2021",)),
        "prelude": ("The phase of each echo was unwrapped with PRELUDE", ("jenkinson2003",)),
        "best_path": ("The phase of each echo was unwrapped along the most reliable path", ("abdulrahman2007",)),
        "laplacian": ("The phase of each echo was unwrapped with the Laplacian method", ("schofield2003",)),
    },
    "fieldmap": {
        "weighted_echoes": (
            "Echoes were averaged with weights TE exp(\N{MINUS SIGN}TE/T2*) and scaled to a field",
            ("wang2022",),
        ),
        "linear_fit": ("The field was fitted to the phase of all echoes, weighted by magnitude and echo time", ()),
        "reliable_echoes": (
            "The field was fitted to the phase of the echoes that are reliable in a voxel, weighted by magnitude and "
            "echo time",
            ("wang2022",),
        ),
        "nonlinear_fit": ("The field was fitted to the complex signal of all echoes", ("liu2013",)),
    },
    "background": {
        "vsharp": ("The background field was removed with V-SHARP", ("wu2012",)),
        "sharp": ("The background field was removed with SHARP", ("schweser2011",)),
        "resharp": (
            "The background field was removed with RESHARP, spherical mean values with Tikhonov regularisation",
            ("sun2014",),
        ),
        "ismv": ("The background field was removed by the iterative spherical mean value method", ("wen2014",)),
        "pdf": ("The background field was removed by projection onto dipole fields", ("liu2011",)),
        "lbv": ("The background field was removed by solving the Laplacian boundary value problem", ("zhou2014",)),
        "pdf_lbv": (
            "The background field was removed by the mean of projection onto dipole fields and the Laplacian boundary "
            "value method, whose errors differ",
            ("liu2011", "zhou2014"),
        ),
        "mean_of_three": (
            "The background field was removed by the mean of projection onto dipole fields, the Laplacian boundary "
            "value method and V-SHARP, whose errors differ",
            ("liu2011", "zhou2014", "wu2012"),
        ),
        "joint_dipoles": (
            "The background field was removed by solving the Laplacian boundary value problem, and by what dipoles "
            "outside the brain, fitted jointly with dipoles inside, explain of the rest",
            ("zhou2014", "liu2011", "liu2017"),
        ),
    },
    "refine_second": {
        "refine": (
            "Voxels with unreliable phase were removed from the mask again, more strictly, before dipole inversion",
            ("wang2022",),
        ),
    },
    "inversion": {
        "ilsqr": ("Susceptibility was computed from the local field with iLSQR", ("li2015",)),
        "tsvd": (
            "Susceptibility was computed from the local field by division in k-space outside the ill-posed cone",
            ("wharton2010",),
        ),
        "tikhonov": (
            "Susceptibility was computed from the local field by least squares with a quadratic penalty",
            ("bilgic2014fast",),
        ),
        "tikhonov_iterative": (
            "Susceptibility was computed from the local field by weighted least squares with a quadratic penalty",
            ("karsa2020",),
        ),
        "ndi": ("Susceptibility was computed from the local field by nonlinear dipole inversion", ("polak2020",)),
        "rts": ("Susceptibility was computed from the local field by rapid two-step inversion", ("kames2018",)),
        "tkd": (
            "Susceptibility was computed from the local field by thresholded division in k-space",
            ("shmueli2009",),
        ),
        "tv": (
            "Susceptibility was computed from the local field by least squares with total variation, jointly with a "
            "weak harmonic field",
            ("bilgic2014", "milovic2019"),
        ),
        "star": (
            "Susceptibility was computed from the local field with STAR-QSM, strong sources first",
            ("wei2015",),
        ),
        "tgv": (
            "Susceptibility was computed from the local field by least squares with total generalised variation",
            ("milovic2018",),
        ),
        "nltv": (
            "Susceptibility was computed from the local field by nonlinear least squares on the phase with total "
            "variation (FANSI)",
            ("milovic2018",),
        ),
        "nltgv": (
            "Susceptibility was computed from the local field by nonlinear least squares on the phase with total "
            "generalised variation (FANSI)",
            ("milovic2018",),
        ),
        "whqsm": (
            "Susceptibility was computed from the local field with total variation, jointly with a weak harmonic field",
            ("milovic2019",),
        ),
        "hdqsm": (
            "Susceptibility was computed from the local field with a hybrid data fidelity and total variation (HD-QSM)",
            ("lambert2022",),
        ),
        "tgv_one_step": (
            "Susceptibility was computed from wrapped phase in one step with total generalised variation",
            ("langkammer2015",),
        ),
        "medi": (
            "Susceptibility was computed from the local field with MEDI, which matches the complex signal and takes "
            "edges from the magnitude",
            ("liu2012", "liu2013"),
        ),
    },
    "reference": {
        "csf": (
            "Susceptibility was referenced to cerebrospinal fluid: the centre of the Gaussian in a mixture model of "
            "the values in the reference region",
            ("wang2022",),
        ),
        "median": ("Susceptibility was referenced to the median of the reference region", ()),
        "mean": ("Susceptibility was referenced to the mean of the reference region", ()),
        "brain": ("Susceptibility was referenced to the mean of the whole brain", ()),
    },
    "relaxation": {
        "two_echo": ("T2* was computed from the ratio of two magnitudes and median-filtered", ("wang2022",)),
        "log_linear": ("T2* was fitted to the logarithm of the magnitudes", ()),
        "nonlinear": ("T2* was fitted to the magnitudes by nonlinear least squares", ()),
    },
    "brain_mask": {
        "threshold_mask": ("The brain mask was given", ()),
        "magnitude_mask": ("The brain mask was made from the magnitude, after its shading had been divided out", ()),
        "phase_quality_mask": (
            "The brain mask was made from the quality of the phase",
            ("dymerska2021", "stewart2022"),
        ),
        "noise_mask": ("The mask holds what is brighter than the noise of the air", ()),
    },
    "white_matter": {
        "white_matter": (
            "White matter was found in T1 as the brightest of three classes, their shading fitted with them",
            ("zhang2001",),
        ),
    },
    "lesions": {
        "lesions": (
            "White matter hyperintensities were found in FLAIR as what is brighter than grey matter and lies in white "
            "matter, by a rule that was tested on digital subjects alone",
            ("deboer2009",),
        ),
    },
    "two_pass": {
        "merge_passes": (
            "Susceptibility was computed again without strong sources, and both maps were merged",
            ("stewart2022",),
        ),
    },
    "swi": {
        "filtered_phase": ("The phase was filtered slice by slice with a homodyne filter", ("haacke2004",)),
        "minimum_projection": ("Weighted images were projected by their minimum over slices", ("haacke2004",)),
        "swi": (
            "Susceptibility-weighted images were made from the homodyne-filtered phase of the last echo, and projected",
            ("haacke2004",),
        ),
        "clear_swi": ("Susceptibility-weighted images of all echoes were made with CLEAR-SWI", ("eckstein2021",)),
    },
    "separation": {
        "r2star_qsm": (
            "Paramagnetic and diamagnetic sources were separated voxel by voxel, R2* standing for R2\N{PRIME}",
            ("dimov2022", "shin2021"),
        ),
        "chi_separation": (
            "Paramagnetic and diamagnetic sources were separated voxel by voxel by R2\N{PRIME}",
            ("shin2021",),
        ),
    },
}
"""Sentence (without its full stop) and reference keys, by step and method."""

ALWAYS = ("wang2022", "gorgolewski2011")
"""Cited whatever the methods."""


_ROOM_OF = {"difference": "unwrap", "reliability": "masks", "refine_first": "masks", "refine_second": "masks"}


def sentence(step: str, method: str, options: Mapping[str, Any]) -> tuple[str, tuple[Reference, ...]]:
    """Say in one sentence what a step did, with its options, and what to cite for it.

    A method without a sentence here is described by its kernel's own docstring.

    Parameters
    ----------
    step, method : str
        As in `summary.json`.
    options : mapping
        What was set on the method.

    Returns
    -------
    sentence : str
    references : tuple of (reference, DOI)
    """
    if method in SENTENCES.get(step, {}):
        text, keys = SENTENCES[step][method]
        cited = tuple(REFERENCES[key] for key in keys)
    else:
        text, cited = _by_docstring(step, method)
    chosen = ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in options.items())
    return (f"{text} ({chosen})." if chosen else f"{text}."), cited


def _by_docstring(step: str, method: str) -> tuple[str, tuple[Reference, ...]]:
    plain = f"The step \N{LEFT DOUBLE QUOTATION MARK}{step}\N{RIGHT DOUBLE QUOTATION MARK} used {method}"
    if not (method.isidentifier() and step.isidentifier()):
        return plain, ()
    try:
        kernel = getattr(import_module(f"nipype_qsm.kernels.{_ROOM_OF.get(step, step)}.{method}"), method)
    except (ImportError, AttributeError):
        return plain, ()
    written = inspect.getdoc(kernel) or ""
    first = written.partition("\n")[0].rstrip(".")
    _, _, listed = written.partition("References\n----------\n")
    cited = tuple((f"{words.strip(' ,.;')}.", doi) for words, doi in re.findall(r"(.+?)doi:(10\.[^\s;,]+)", listed))
    return f"{plain}: {first[:1].lower()}{first[1:]}", cited


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return " / ".join(_value(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
