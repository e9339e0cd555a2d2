"""Reading phase as it was declared, and recognising scanner faults."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.reading.faults import Faults
from nipype_qsm.interfaces.reading.series import ReadSeries

READINGS = Methods("reading", ReadSeries, Faults)

__all__ = ["READINGS", "Faults", "ReadSeries"]
