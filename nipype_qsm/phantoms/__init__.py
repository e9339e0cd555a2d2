"""Digital subjects with known truth."""

from nipype_qsm.phantoms.protocol import SIZES, Protocol
from nipype_qsm.phantoms.subject import DigitalSubject

__all__ = ["SIZES", "DigitalSubject", "Protocol"]
