"""What each method did, in a sentence for a methods section, and what to cite for it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

Reference = tuple[str, str]
"""A reference and its DOI."""

REFERENCES: dict[str, Reference] = {
    "wang2022": (
        "Wang C. et al. (2022). Phenotypic and genetic associations of quantitative magnetic susceptibility in UK "
        "Biobank brain imaging. Nature Neuroscience 25, 818-831.",
        "10.1038/s41593-022-01074-w",
    ),
    "gorgolewski2011": (
        "Gorgolewski K. et al. (2011). Nipype: a flexible, lightweight and extensible neuroimaging data processing "
        "framework in Python. Frontiers in Neuroinformatics 5, 13.",
        "10.3389/fninf.2011.00013",
    ),
    "eckstein2018": (
        "Eckstein K. et al. (2018). Computationally efficient combination of multi-channel phase data from multi-echo "
        "acquisitions (ASPIRE). Magnetic Resonance in Medicine 79, 2996-3006.",
        "10.1002/mrm.26963",
    ),
    "dymerska2021": (
        "Dymerska B. et al. (2021). Phase unwrapping with a rapid opensource minimum spanning tree algorithm (ROMEO). "
        "Magnetic Resonance in Medicine 85, 2294-2308.",
        "10.1002/mrm.28563",
    ),
    "abdulrahman2007": (
        "Abdul-Rahman H.S. et al. (2007). Fast and robust three-dimensional best path phase unwrapping algorithm. "
        "Applied Optics 46, 6623-6635.",
        "10.1364/AO.46.006623",
    ),
    "jenkinson2003": (
        "Jenkinson M. (2003). Fast, automated, N-dimensional phase-unwrapping algorithm. Magnetic Resonance in "
        "Medicine 49, 193-197.",
        "10.1002/mrm.10354",
    ),
    "schofield2003": (
        "Schofield M.A., Zhu Y. (2003). Fast phase unwrapping algorithm for interferometric applications. Optics "
        "Letters 28, 1194-1196.",
        "10.1364/OL.28.001194",
    ),
    "wu2012": (
        "Wu B. et al. (2012). Whole brain susceptibility mapping using compressed sensing. Magnetic Resonance in "
        "Medicine 67, 137-147.",
        "10.1002/mrm.23000",
    ),
    "liu2011": (
        "Liu T. et al. (2011). A novel background field removal method for MRI using projection onto dipole fields "
        "(PDF). NMR in Biomedicine 24, 1129-1136.",
        "10.1002/nbm.1670",
    ),
    "liu2013": (
        "Liu T. et al. (2013). Nonlinear formulation of the magnetic field to source relationship for robust "
        "quantitative susceptibility mapping. Magnetic Resonance in Medicine 69, 467-476.",
        "10.1002/mrm.24272",
    ),
    "zhou2014": (
        "Zhou D. et al. (2014). Background field removal by solving the Laplacian boundary value problem. NMR in "
        "Biomedicine 27, 312-319.",
        "10.1002/nbm.3064",
    ),
    "schweser2011": (
        "Schweser F. et al. (2011). Quantitative imaging of intrinsic magnetic tissue properties using MRI signal "
        "phase. NeuroImage 54, 2789-2807.",
        "10.1016/j.neuroimage.2010.10.070",
    ),
    "sun2014": (
        "Sun H., Wilman A.H. (2014). Background field removal using spherical mean value filtering and Tikhonov "
        "regularization. Magnetic Resonance in Medicine 71, 1151-1157.",
        "10.1002/mrm.24765",
    ),
    "wen2014": (
        "Wen Y. et al. (2014). An iterative spherical mean value method for background field removal in MRI. "
        "Magnetic Resonance in Medicine 72, 1065-1071.",
        "10.1002/mrm.24998",
    ),
    "bilgic2014": (
        "Bilgic B. et al. (2014). Fast quantitative susceptibility mapping with L1-regularization and automatic "
        "parameter selection. Magnetic Resonance in Medicine 72, 1444-1459.",
        "10.1002/mrm.25029",
    ),
    "li2015": (
        "Li W. et al. (2015). A method for estimating and removing streaking artifacts in quantitative susceptibility "
        "mapping. NeuroImage 108, 111-122.",
        "10.1016/j.neuroimage.2014.12.043",
    ),
    "liu2012": (
        "Liu J. et al. (2012). Morphology enabled dipole inversion for quantitative susceptibility mapping using "
        "structural consistency between the magnitude image and the susceptibility map. NeuroImage 59, 2560-2568.",
        "10.1016/j.neuroimage.2011.08.082",
    ),
    "liu2013": (
        "Liu T. et al. (2013). Nonlinear formulation of the magnetic field to source relationship for robust "
        "quantitative susceptibility mapping. Magnetic Resonance in Medicine 69, 467-476.",
        "10.1002/mrm.24272",
    ),
    "wharton2010": (
        "Wharton S., Schafer A., Bowtell R. (2010). Susceptibility mapping in the human brain using threshold-based "
        "k-space division. Magnetic Resonance in Medicine 63, 1292-1304.",
        "10.1002/mrm.22334",
    ),
    "bilgic2014fast": (
        "Bilgic B. et al. (2014). Fast image reconstruction with L2-regularization. Journal of Magnetic Resonance "
        "Imaging 40, 181-191.",
        "10.1002/jmri.24365",
    ),
    "karsa2020": (
        "Karsa A., Punwani S., Shmueli K. (2020). An optimized and highly repeatable MRI acquisition and processing "
        "pipeline for quantitative susceptibility mapping in the head-and-neck region. Magnetic Resonance in "
        "Medicine 84, 3206-3222.",
        "10.1002/mrm.28377",
    ),
    "polak2020": (
        "Polak D. et al. (2020). Nonlinear dipole inversion (NDI) enables robust quantitative susceptibility mapping "
        "(QSM). NMR in Biomedicine 33, e4271.",
        "10.1002/nbm.4271",
    ),
    "kames2018": (
        "Kames C., Wiggermann V., Rauscher A. (2018). Rapid two-step dipole inversion for susceptibility mapping with "
        "sparsity priors. NeuroImage 167, 276-283.",
        "10.1016/j.neuroimage.2017.11.018",
    ),
    "shmueli2009": (
        "Shmueli K. et al. (2009). Magnetic susceptibility mapping of brain tissue in vivo using MRI phase data. "
        "Magnetic Resonance in Medicine 62, 1510-1522.",
        "10.1002/mrm.22135",
    ),
    "roemer1990": (
        "Roemer P.B. et al. (1990). The NMR phased array. Magnetic Resonance in Medicine 16, 192-225.",
        "10.1002/mrm.1910160203",
    ),
}
"""Reference and DOI by key."""

SENTENCES: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "coils": {
        "mcpc3ds": (
            "Coil phases were combined by MCPC-3D-S, which estimates and removes a smooth phase offset from each coil",
            ("eckstein2018",),
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
            "Susceptibility was computed from the local field by division in k-space with the ill-posed cone left empty",
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
            "Susceptibility was computed from the local field by least squares with total variation",
            ("bilgic2014",),
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
