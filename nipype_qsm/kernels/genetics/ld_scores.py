"""LD scores from genotypes: how much of the genome around a variant it speaks for.

The score of a variant is the sum of its squared correlations with all variants within a window on the genetic map, each
corrected for the chance correlation of a small sample.
"""

from __future__ import annotations

import numpy as np


def ld_scores(genotypes: np.ndarray, cm: np.ndarray, *, window: float = 1.0, block: int = 500) -> np.ndarray:
    """Sum squared correlations over a window.

    Parameters
    ----------
    genotypes : (variants, people) float array
        Allele counts of one chromosome, in the order of the genome; NaN, which becomes the mean, where missing.
    cm : (variants,) float array
        Ascending.
    window : float, cM
        Reach to either side.
    block : int
        Variants at a time.

    Returns
    -------
    score : (variants,) float array
        Itself included: about 1 without neighbours. Variants that do not vary have 0.

    References
    ----------
    Bulik-Sullivan et al. 2015, doi:10.1038/ng.3211
    """
    known = np.asarray(genotypes, np.float64)
    centred = known - np.nanmean(known, axis=1, keepdims=True)
    centred = np.nan_to_num(centred)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = (centred / np.where(length > 0, length, 1)).astype(np.float32)
    varies = length[:, 0] > 0
    people = known.shape[1]
    score = np.zeros(known.shape[0])
    for start in range(0, known.shape[0], block):
        stop = min(start + block, known.shape[0])
        low = int(np.searchsorted(cm, cm[start] - window, "left"))
        high = int(np.searchsorted(cm, cm[stop - 1] + window, "right"))
        squared = (unit[start:stop] @ unit[low:high].T).astype(np.float64) ** 2
        squared -= (1 - squared) / (people - 2)
        near = np.abs(cm[start:stop, None] - cm[None, low:high]) <= window
        score[start:stop] = np.where(near & varies[None, low:high], squared, 0).sum(axis=1)
    return np.where(varies, score, 0)
