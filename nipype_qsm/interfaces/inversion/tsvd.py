"""Truncated singular value decomposition as a node."""

from __future__ import annotations

from nipype_qsm.interfaces.base import traits
from nipype_qsm.interfaces.inversion.base import DipoleInversion, DipoleInversionInputSpec
from nipype_qsm.kernels.inversion.tsvd import tsvd


class TSVDInputSpec(DipoleInversionInputSpec):
    """Options of TSVD."""

    threshold = traits.Range(
        low=0.0,
        high=0.66,
        value=0.15,
        exclude_low=True,
        usedefault=True,
        desc="smallest divisor that is kept; larger underestimates",
    )
    pad = traits.Range(low=0, value=64, usedefault=True, desc="zeros on every side [voxels]")


class TSVD(DipoleInversion):
    """Divide the field by the dipole kernel, and leave the ill-posed cone empty."""

    input_spec = TSVDInputSpec
    _kernel = staticmethod(tsvd)
