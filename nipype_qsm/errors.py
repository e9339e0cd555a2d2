"""Errors that carry their cure.

Every error a user can meet says what was found and what to do about it. `remedy` has no default, so that the cure
cannot be forgotten. All kinds sit under `ValueError`, which is what callers of numerical code already catch.
"""

from __future__ import annotations

SEPARATOR = "  "
"""Two blanks: where an error comes back as text alone (from a node), the cure begins behind them."""


class QSMError(ValueError):
    """A problem, and what to do about it.

    Parameters
    ----------
    problem : str
        What was found and what was expected, naming the file and the port.
    remedy : str
        What the user can do.
    """

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}{SEPARATOR}{self.remedy}" if self.remedy else self.problem

    def __reduce__(self) -> tuple:
        # A required keyword would otherwise break unpickling, and the error would not cross processes.
        return _rebuild, (type(self), self.problem, self.remedy)


def _rebuild(kind: type[QSMError], problem: str, remedy: str) -> QSMError:
    return kind(problem, remedy=remedy)


class ImageError(QSMError):
    """A file that cannot be read or written, or whose values cannot be used."""


class GeometryError(QSMError):
    """Volumes that do not share one grid, or a grid that cannot be used."""


class UnitsError(QSMError):
    """A number whose unit is unknown or implausible."""


class MetadataError(QSMError):
    """Acquisition facts that are missing or contradict each other."""


class WiringError(QSMError):
    """A workflow with an edge to nowhere."""


class ToolMissing(QSMError):
    """An external program or an optional package that is not installed."""


class RunError(QSMError):
    """A step that failed for another reason than its input: what is finished is kept, and the run can be resumed."""
