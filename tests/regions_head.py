"""A small head with deep grey blocks, larger on one side than on the other, as the tests of regions use it."""

import numpy as np

from nipype_qsm.geometry import Grid

GRID = Grid((40, 36, 20), (2.0, 2.0, 3.0), (0, 0, 1))
CHI = {12: 0.04, 51: 0.04, 13: 0.12, 52: 0.12, 10: 0.0, 49: 0.0}


def lopsided_head(noise=0.01):
    """Return susceptibility [ppm], its mask and labels of putamen, pallidum and thalamus."""
    labels = np.zeros(GRID.shape, np.int32)
    for number, x, y in ((12, (4, 9), (8, 22)), (13, (9, 13), (10, 20)), (10, (14, 19), (12, 26))):
        labels[slice(*x), slice(*y), 6:13] = number
    for number, x, y in ((51, (29, 36), (10, 26)), (52, (26, 29), (10, 22)), (49, (21, 26), (14, 26))):
        labels[slice(*x), slice(*y), 6:14] = number
    chi = np.full(GRID.shape, -0.03, np.float32)
    for number, value in CHI.items():
        chi[labels == number] = value
    chi += np.random.default_rng(5).normal(0, noise, GRID.shape).astype(np.float32)
    return chi, np.ones(GRID.shape, bool), labels
