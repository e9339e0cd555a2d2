"""Compiled loops over threads that survive a fork.

Nipype forks its workers, and GNU OpenMP, which numba takes by default, kills the fork of a process that has used it.
Numba's own work queue does not, at the same speed. Who has chosen a layer (NUMBA_THREADING_LAYER) keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

if getattr(numba.config, "THREADING_LAYER", "") == "default":
    setattr(numba.config, "THREADING_LAYER", "workqueue")  # noqa: B010 - numba makes its settings at import


def parallel(**options: Any) -> Callable[[Callable], Callable]:
    """Compile a function with `numba.prange` once, and keep it on disk."""
    return numba.njit(cache=True, parallel=True, **options)
