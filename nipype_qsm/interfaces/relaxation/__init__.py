"""T2*, R2* and S0 from magnitudes."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.relaxation.base import T2Star
from nipype_qsm.interfaces.relaxation.log_linear import LogLinearT2Star
from nipype_qsm.interfaces.relaxation.nonlinear import NonlinearT2Star
from nipype_qsm.interfaces.relaxation.two_echo import TwoEchoT2Star

RELAXATIONS = Methods("relaxation", TwoEchoT2Star, LogLinearT2Star, NonlinearT2Star)

__all__ = ["RELAXATIONS", "LogLinearT2Star", "NonlinearT2Star", "T2Star", "TwoEchoT2Star"]
