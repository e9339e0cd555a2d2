"""Which confounds explain enough of the phenotypes to be worth their degree of freedom."""

from __future__ import annotations

import numpy as np

from nipype_qsm.kernels.cohort.associate import associate


def explained(idps: np.ndarray, confounds: np.ndarray) -> np.ndarray:
    """Return the percentage of every phenotype's variance that every confound explains.

    Parameters
    ----------
    idps : (subjects, idps) float array
        NaN where missing.
    confounds : (subjects, confounds) float array

    Returns
    -------
    share : (idps, confounds) float64 array, percent
    """
    return 100 * np.nan_to_num(associate(idps, confounds, min_subjects=3).r) ** 2


def screened(share: np.ndarray, mean_percentile: float, least: float, any_percentile: float) -> np.ndarray:
    """Keep the confounds that stand out.

    Parameters
    ----------
    share : (idps, confounds) float array, percent
    mean_percentile : float, percent
        A confound is kept where its mean over phenotypes is beyond this percentile of all confounds' means, ...
    least : float, percent
        ... or where it explains more than this of any phenotype, and more than
    any_percentile : float, percent
        this percentile of all shares.

    Returns
    -------
    keep : (confounds,) bool array

    References
    ----------
    Alfaro-Almagro et al. 2021, doi:10.1016/j.neuroimage.2020.117002
    """
    mean = share.mean(axis=0)
    by_mean = mean > np.percentile(mean, mean_percentile)
    return by_mean | (share > max(least, float(np.percentile(share, any_percentile)))).any(axis=0)
