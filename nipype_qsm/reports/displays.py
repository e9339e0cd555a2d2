"""How each quantity of the vocabulary is shown: its window, its unit on the page, and what to look for.

Windows are fixed where readers compare subjects (phase, fields, susceptibility, T2*), and follow the data only where
the scanner's units mean nothing (magnitude) or the range depends on the echo time (unwrapped phase).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nipype_qsm.units import ppm_to_ppb, seconds_to_milliseconds


@dataclass(frozen=True)
class Display:
    """How one quantity is drawn.

    Parameters
    ----------
    title : str
    look_for : str
        What a reader checks in the picture.
    unit : str
        On the page.
    scale : float
        From the stored unit to the page's.
    window : (float, float), optional
        In the page's unit; from the data where absent.
    symmetric : bool
        Whether a window from the data is centred on zero.
    smooth : bool
        Whether voxels may be interpolated.
    colours : str
        Name of a Matplotlib colour map.
    """

    title: str
    look_for: str
    unit: str
    scale: float = 1.0
    window: tuple[float, float] | None = None
    symmetric: bool = False
    smooth: bool = True
    colours: str = "gray"


_PPB_PER_PPM = ppm_to_ppb(1.0)
_MS_PER_S = seconds_to_milliseconds(1.0)
_CHI = (-100.0, 200.0)

DISPLAYS: dict[str, Display] = {
    "magnitude": Display(
        "Magnitude",
        "Motion shows as ghosts and doubled edges. Signal that vanishes near the sinuses and ears is expected, and "
        "grows with echo time.",
        "scanner units",
    ),
    "magnitude_combined": Display(
        "Combined magnitude", "Motion shows as ghosts and doubled edges; the whole brain is in view.", "scanner units"
    ),
    "phase": Display(
        "Wrapped phase",
        "Bands run smoothly and close on themselves or at the brain's edge. A band that ends inside the brain, or a "
        "patch of noise, points to a failed coil combination.",
        "rad",
        window=(-np.pi, np.pi),
        smooth=False,
    ),
    "phase_unwrapped": Display(
        "Unwrapped phase",
        "No sharp step of one full turn remains inside the brain.",
        "rad",
        symmetric=True,
        smooth=False,
    ),
    "reliability": Display(
        "Phase reliability",
        "Bright is coherent phase. Dark is expected only above the sinuses and ears, in large veins and outside the "
        "brain; dark patches elsewhere are motion or wrong phase.",
        "",
        window=(0.0, 1.0),
    ),
    "field_total": Display(
        "Total field",
        "Slow, large variations come from air and bone around the brain.",
        "ppm",
        window=(-0.5, 0.5),
    ),
    "field_local": Display(
        "Local field",
        "Anatomy remains and slow variations are gone. A bright or dark rim is background that was left over.",
        "ppm",
        window=(-0.05, 0.05),
    ),
    "chi": Display(
        "Susceptibility, not referenced",
        "The zero level of this map is arbitrary.",
        "ppb",
        _PPB_PER_PPM,
        _CHI,
    ),
    "chi_referenced": Display(
        "Susceptibility",
        "Deep grey nuclei and veins are bright, white matter is darker. Stripes that fan out from veins or nuclei are "
        "streaks; broad shading from centre to edge is background field.",
        "ppb",
        _PPB_PER_PPM,
        _CHI,
    ),
    "t2star": Display(
        "T2*",
        "Uniform within white matter, short in iron-rich nuclei. Loss near the sinuses is expected.",
        "ms",
        _MS_PER_S,
        (0.0, 80.0),
    ),
    "r2star": Display("R2*", "High in iron-rich nuclei and near air.", "1/s", window=(0.0, 60.0)),
    "s0": Display("Signal at echo time zero", "Smooth, with little iron contrast.", "scanner units"),
    "phase_filtered": Display(
        "Filtered phase",
        "Veins are bright. Black and white bands near the sinuses are wraps.",
        "rad",
        window=(-1.5, 1.5),
    ),
    "swi": Display("Susceptibility-weighted image", "Veins, bleeds and iron are dark. A picture.", "scanner units"),
    "swi_minimum": Display("Minimum of the weighted image", "Veins run as dark lines.", "scanner units"),
    "chi_paramagnetic": Display(
        "Paramagnetic susceptibility",
        "Deep grey nuclei are bright. What lies near the sinuses is dephasing, not iron.",
        "ppb",
        _PPB_PER_PPM,
        (0.0, 200.0),
    ),
    "chi_diamagnetic": Display(
        "Diamagnetic susceptibility",
        "White matter and calcification are dark. It depends on the direction of the fibres to B0.",
        "ppb",
        _PPB_PER_PPM,
        (-100.0, 0.0),
    ),
}

DATAFLOW = (
    "magnitude", "magnitude_combined", "phase", "phase_unwrapped", "reliability", "field_total", "field_local",
    "chi_referenced", "t2star", "r2star", "s0", "phase_filtered", "swi", "swi_minimum", "chi_paramagnetic",
    "chi_diamagnetic",
)  # fmt: skip
"""The order in which the page shows them."""


def window_of(display: Display, volume: np.ndarray) -> tuple[float, float]:
    """Return the window to draw a volume in, in the page's unit.

    Parameters
    ----------
    display : Display
    volume : array
        In the stored unit.
    """
    if display.window is not None:
        return display.window
    shown = np.abs(volume[volume != 0])
    top = float(np.percentile(shown[:: max(1, shown.size // 200_000)], 99)) if shown.size else 1.0
    if display.symmetric:
        turns = max(1.0, 2.0 ** np.ceil(np.log2(max(top, 1e-6) / np.pi)))
        return -turns * np.pi, turns * np.pi
    return 0.0, top or 1.0
