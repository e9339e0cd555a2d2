"""Reading phase as it was declared, and recognising scanner faults."""

from nipype_qsm.interfaces.reading.faults import Faults
from nipype_qsm.interfaces.reading.series import ReadSeries

__all__ = ["Faults", "ReadSeries"]
