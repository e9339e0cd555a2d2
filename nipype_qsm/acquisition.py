"""What the scanner did: echo times and field strength.

Side-cars follow BIDS and dcm2niix: `EchoTime` in seconds, `MagneticFieldStrength` in tesla. What the user gives wins
over the side-car only where the side-car is silent or agrees; a contradiction is an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nipype_qsm.errors import MetadataError
from nipype_qsm.units import checked_echo_times, checked_field_strength


@dataclass(frozen=True)
class Acquisition:
    """Echo times and field strength of a gradient-echo series.

    Parameters
    ----------
    echo_times : (echo,) float, s
    field_strength : float, T
    """

    echo_times: tuple[float, ...]
    field_strength: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "echo_times", checked_echo_times(self.echo_times))
        object.__setattr__(self, "field_strength", checked_field_strength(self.field_strength))

    @property
    def n_echoes(self) -> int:
        """Number of echoes."""
        return len(self.echo_times)

    @classmethod
    def from_sidecars(
        cls,
        sidecars: Sequence[Mapping[str, object]],
        *,
        echo_times: Sequence[float] | None = None,
        field_strength: float | None = None,
    ) -> Acquisition:
        """Read one side-car an echo, and fill in what they do not say.

        Parameters
        ----------
        sidecars : sequence of mappings
            One an echo, in the order of the files; empty mappings where there is none.
        echo_times : (echo,) float, s, optional
        field_strength : float, T, optional
        """
        found = [_number(sidecar, "EchoTime") for sidecar in sidecars]
        times = _agreed_echo_times(found, echo_times)
        strengths = {s for sidecar in sidecars if (s := _number(sidecar, "MagneticFieldStrength")) is not None}
        return cls(times, _agreed_strength(strengths, field_strength))


def _number(sidecar: Mapping[str, object], key: str) -> float | None:
    value = sidecar.get(key)
    return float(value) if isinstance(value, (int, float)) else None


def _agreed_echo_times(found: Sequence[float | None], given: Sequence[float] | None) -> tuple[float, ...]:
    if given:
        if len(given) != len(found):
            raise MetadataError(
                f"{len(given)} echo times were given for {len(found)} echoes.",
                remedy="Give one echo time per echo, in the order of the files.",
            )
        times = checked_echo_times(given)
        for number, (side, time) in enumerate(zip(found, times, strict=True), start=1):
            if side is not None and not np.isclose(side, time, atol=5e-5):
                raise MetadataError(
                    f"Echo {number} is {side:g} s in its side-car and {time:g} s as given.",
                    remedy="Leave the echo times out to use the side-car's, or correct the side-car.",
                )
        return times
    missing = [str(number) for number, side in enumerate(found, start=1) if side is None]
    if missing:
        raise MetadataError(
            f"No echo time is known for echo {', '.join(missing)}.",
            remedy="Give the echo times in seconds (--echo-times 0.0094 0.020), or the JSON side-cars with EchoTime.",
        )
    return checked_echo_times([side for side in found if side is not None])


def _agreed_strength(found: set[float], given: float | None) -> float:
    if given is None and not found:
        raise MetadataError(
            "The field strength is not known.",
            remedy="Give it in tesla (--field-strength 3), or a JSON side-car with MagneticFieldStrength.",
        )
    if given is None:
        given = min(found)
    if any(abs(side - given) > 0.15 * given for side in found):
        raise MetadataError(
            f"The side-cars say {sorted(found)} T, {given:g} T was given.",
            remedy="Use files of one acquisition, or leave the field strength out to use the side-car's.",
        )
    return given
