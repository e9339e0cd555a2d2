"""-log10 P of many t values that share few degrees of freedom.

A genome-wide scan asks for hundreds of millions of P values at the same few degrees of freedom. The exact function is
tabulated once for each, with its slope, and read off by cubic interpolation; beyond the table it is computed.
"""

from __future__ import annotations

import numba
import numpy as np
from scipy.special import gammaln

from nipype_qsm.kernels.cohort.log_p import mlog10p_from_t

STEP = 1 / 64
LAST = 40.0


class LogPTable:
    """-log10 P by interpolation.

    Parameters
    ----------
    dof : (traits,) int array
        Degrees of freedom, one a column of the t values that will be asked for.
    """

    def __init__(self, dof: np.ndarray) -> None:
        self.dof = np.asarray(dof, float)
        distinct, self._row = np.unique(self.dof, return_inverse=True)
        t = np.arange(0, LAST + 1.5 * STEP, STEP)
        usable = np.where(distinct >= 1, distinct, np.nan)[:, None]
        self._value = mlog10p_from_t(t[None], usable)
        half = usable / 2
        log_density = (
            gammaln(half + 0.5)
            - gammaln(half)
            - 0.5 * np.log(usable * np.pi)
            - (half + 0.5) * np.log1p(t[None] ** 2 / usable)
        )
        self._slope = 2 * np.exp(log_density + self._value * np.log(10)) / np.log(10) * STEP

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """Return -log10 P, two-sided.

        Parameters
        ----------
        t : (variants, traits) float array
        """
        found = np.empty(t.shape)
        if _interpolated(t, self._row, self._value, self._slope, found):
            beyond = np.abs(t) >= LAST
            found[beyond] = mlog10p_from_t(t[beyond], np.broadcast_to(self.dof, t.shape)[beyond])
        return found


@numba.njit(cache=True, nogil=True)
def _interpolated(t: np.ndarray, row: np.ndarray, value: np.ndarray, slope: np.ndarray, found: np.ndarray) -> int:
    n_beyond = 0
    for variant in range(t.shape[0]):
        for trait in range(t.shape[1]):
            place = abs(t[variant, trait]) / STEP
            if not place < LAST / STEP:
                found[variant, trait] = np.nan
                n_beyond += 1
                continue
            k = int(place)
            u = place - k
            r = row[trait]
            first, second = value[r, k], value[r, k + 1]
            m0, m1 = slope[r, k], slope[r, k + 1]
            rise = second - first
            found[variant, trait] = first + u * (m0 + u * (3 * rise - 2 * m0 - m1 + u * (m0 + m1 - 2 * rise)))
    return n_beyond
