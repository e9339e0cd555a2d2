"""From local field to susceptibility."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.inversion.base import DipoleInversion
from nipype_qsm.interfaces.inversion.hdqsm import HDQSM
from nipype_qsm.interfaces.inversion.ilsqr import ILSQR
from nipype_qsm.interfaces.inversion.medi import MEDI
from nipype_qsm.interfaces.inversion.ndi import NDI
from nipype_qsm.interfaces.inversion.nltgv import NLTGV
from nipype_qsm.interfaces.inversion.nltv import NLTV
from nipype_qsm.interfaces.inversion.rts import RTS
from nipype_qsm.interfaces.inversion.star import STAR
from nipype_qsm.interfaces.inversion.tgv import TGV
from nipype_qsm.interfaces.inversion.tgv_one_step import TGVOneStep
from nipype_qsm.interfaces.inversion.tikhonov import Tikhonov
from nipype_qsm.interfaces.inversion.tikhonov_iterative import TikhonovIterative
from nipype_qsm.interfaces.inversion.tkd import TKD
from nipype_qsm.interfaces.inversion.tsvd import TSVD
from nipype_qsm.interfaces.inversion.tv import TV
from nipype_qsm.interfaces.inversion.whqsm import WHQSM

INVERSIONS = Methods(
    "inversion",
    TKD,
    TSVD,
    Tikhonov,
    TikhonovIterative,
    NDI,
    RTS,
    ILSQR,
    TV,
    MEDI,
    TGV,
    STAR,
    NLTV,
    NLTGV,
    WHQSM,
    HDQSM,
    TGVOneStep,
)

__all__ = [
    "HDQSM",
    "ILSQR",
    "INVERSIONS",
    "MEDI",
    "NDI",
    "NLTGV",
    "NLTV",
    "RTS",
    "STAR",
    "TGV",
    "TKD",
    "TSVD",
    "TV",
    "WHQSM",
    "DipoleInversion",
    "TGVOneStep",
    "Tikhonov",
    "TikhonovIterative",
]
