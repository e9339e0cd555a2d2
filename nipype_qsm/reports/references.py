"""What to cite: references with their DOI, by key."""

from __future__ import annotations

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
    "liu2017": (
        "Liu Z. et al. (2017). Preconditioned total field inversion (TFI) method for quantitative susceptibility "
        "mapping. Magnetic Resonance in Medicine 78, 303-315.",
        "10.1002/mrm.26331",
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
    "li2014": (
        "Li W. et al. (2014). Integrated Laplacian-based phase unwrapping and background phase removal for "
        "quantitative susceptibility mapping. NMR in Biomedicine 27, 219-227.",
        "10.1002/nbm.3056",
    ),
    "langkammer2015": (
        "Langkammer C. et al. (2015). Fast quantitative susceptibility mapping using 3D EPI and total generalized "
        "variation. NeuroImage 111, 622-630.",
        "10.1016/j.neuroimage.2015.02.041",
    ),
    "milovic2019": (
        "Milovic C. et al. (2019). Weak-harmonic regularization for quantitative susceptibility mapping. Magnetic "
        "Resonance in Medicine 81, 1399-1411.",
        "10.1002/mrm.27483",
    ),
    "lambert2022": (
        "Lambert M., Tejos C., Langkammer C., Milovic C. (2022). Hybrid data fidelity term approach for quantitative "
        "susceptibility mapping. Magnetic Resonance in Medicine 88, 962-972.",
        "10.1002/mrm.29218",
    ),
    "milovic2018": (
        "Milovic C. et al. (2018). Fast nonlinear susceptibility inversion with variational regularization. Magnetic "
        "Resonance in Medicine 80, 814-821.",
        "10.1002/mrm.27073",
    ),
    "wei2015": (
        "Wei H. et al. (2015). Streaking artifact reduction for quantitative susceptibility mapping of sources with "
        "large dynamic range. NMR in Biomedicine 28, 1294-1303.",
        "10.1002/nbm.3383",
    ),
    "shmueli2009": (
        "Shmueli K. et al. (2009). Magnetic susceptibility mapping of brain tissue in vivo using MRI phase data. "
        "Magnetic Resonance in Medicine 62, 1510-1522.",
        "10.1002/mrm.22135",
    ),
    "parker2014": (
        "Parker D.L. et al. (2014). Phase reconstruction from multiple coil data using a virtual reference coil. "
        "Magnetic Resonance in Medicine 72, 563-569.",
        "10.1002/mrm.24932",
    ),
    "zhang2001": (
        "Zhang Y., Brady M., Smith S. (2001). Segmentation of brain MR images through a hidden Markov random field "
        "model and the expectation-maximization algorithm. IEEE Transactions on Medical Imaging 20, 45-57.",
        "10.1109/42.906424",
    ),
    "deboer2009": (
        "de Boer R. et al. (2009). White matter lesion extension to automatic brain tissue segmentation on MRI. "
        "NeuroImage 45, 1151-1161.",
        "10.1016/j.neuroimage.2009.01.011",
    ),
    "walsh2000": (
        "Walsh D.O., Gmitro A.F., Marcellin M.W. (2000). Adaptive reconstruction of phased array MR imagery. Magnetic "
        "Resonance in Medicine 43, 682-690.",
        "10.1002/(SICI)1522-2594(200005)43:5<682::AID-MRM10>3.0.CO;2-G",
    ),
    "haacke2004": (
        "Haacke E.M. et al. (2004). Susceptibility weighted imaging (SWI). Magnetic Resonance in Medicine 52, 612-618.",
        "10.1002/mrm.20198",
    ),
    "eckstein2021": (
        "Eckstein K. et al. (2021). Improved susceptibility weighted imaging at ultra-high field using bipolar "
        "multi-echo acquisition and optimized image processing: CLEAR-SWI. NeuroImage 237, 118175.",
        "10.1016/j.neuroimage.2021.118175",
    ),
    "shin2021": (
        "Shin H.G. et al. (2021). chi-separation: magnetic susceptibility source separation toward iron and myelin "
        "mapping in the brain. NeuroImage 240, 118371.",
        "10.1016/j.neuroimage.2021.118371",
    ),
    "dimov2022": (
        "Dimov A.V. et al. (2022). Susceptibility source separation from gradient echo data using magnitude decay "
        "modeling. Journal of Neuroimaging 32, 852-859.",
        "10.1111/jon.13014",
    ),
    "stewart2022": (
        "Stewart A.W. et al. (2022). QSMxT: robust masking and artifact reduction for quantitative susceptibility "
        "mapping. Magnetic Resonance in Medicine 87, 1289-1300.",
        "10.1002/mrm.29048",
    ),
    "roemer1990": (
        "Roemer P.B. et al. (1990). The NMR phased array. Magnetic Resonance in Medicine 16, 192-225.",
        "10.1002/mrm.1910160203",
    ),
}
"""Reference and DOI by key."""
