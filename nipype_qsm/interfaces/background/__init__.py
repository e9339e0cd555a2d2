"""Removing the field of sources outside the brain."""

from nipype_qsm.interfaces.background.base import BackgroundRemoval
from nipype_qsm.interfaces.background.vsharp import VSHARP
from nipype_qsm.interfaces.base import Methods

BACKGROUND_REMOVALS = Methods("background", VSHARP)

__all__ = ["BACKGROUND_REMOVALS", "VSHARP", "BackgroundRemoval"]
