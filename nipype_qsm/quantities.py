"""The vocabulary: what flows along the edges of the graph.

A volume has one name, one unit and one sign from acquisition to table. The name is the port, the keyword of the
kernel, the file and the edge. Port descriptions, file names, the documentation page and the diagram read this table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A physical volume.

    Parameters
    ----------
    name : str
        Port, keyword, file and edge.
    unit : str
        Empty for a dimensionless number or a mask.
    meaning : str
        One line; sign conventions included.
    per_echo : bool
        Whether the port carries one file an echo.
    plausible : (float, float), optional
        Values outside are refused at the border.
    mask : bool
        Whether the volume is true or false.
    """

    name: str
    unit: str
    meaning: str
    per_echo: bool = False
    plausible: tuple[float, float] | None = None
    mask: bool = False


_ALL = [
    Quantity("phase", "rad", "wrapped phase, growing with time where the field is higher", True, (-3.2, 3.2)),
    Quantity("magnitude", "", "signal magnitude, scanner units", True, (0, float("inf"))),
    Quantity("phase_difference", "rad", "phase that the field makes between two echoes", False),
    Quantity("magnitude_difference", "", "root of the Hermitian product's magnitude", False, (0, float("inf"))),
    Quantity("phase_offset", "rad", "phase at echo time zero, of the receive coil", False),
    Quantity("phase_unwrapped", "rad", "phase without jumps of 2 pi", True),
    Quantity("reliability", "", "local phase coherence: 1 is flat, 0 is steep or noisy", True, (-1e-3, 1.001)),
    Quantity("quality", "", "confidence of the unwrapping of each voxel, 0 to 1", False, (-1e-3, 1.001)),
    Quantity("mask_fraction", "", "brain mask after resampling, between 0 and 1", False, (-0.5, 1.5)),
    Quantity("mask_brain", "", "brain", mask=True),
    Quantity("mask_reliable", "", "brain where the phase can be trusted before background removal", mask=True),
    Quantity("mask_local", "", "where background removal gave a local field", mask=True),
    Quantity("mask_without_sources", "", "where susceptibility is computed without strong sources", mask=True),
    Quantity("mask_tissue", "", "where susceptibility is computed", mask=True),
    Quantity("mask_reference", "", "region whose susceptibility is called zero, such as the ventricles", mask=True),
    Quantity("mask", "", "where the step works", mask=True),
    Quantity("magnitude_combined", "", "root sum of squares over coils (and echoes)", False, (0, float("inf"))),
    Quantity("magnitude_sos", "", "root sum of squares over coils", True, (0, float("inf"))),
    Quantity("field_total", "ppm", "field offset relative to B0, all sources", False, (-100, 100)),
    Quantity("field_noise", "ppm", "standard deviation of the total field", False, (0, float("inf"))),
    Quantity("field_local", "ppm", "field offset of sources inside the brain", False, (-20, 20)),
    Quantity("chi", "ppm", "magnetic susceptibility, paramagnetic positive, zero level arbitrary", False, (-30, 30)),
    Quantity("chi_without_sources", "ppm", "susceptibility computed without strong sources", False, (-30, 30)),
    Quantity("chi_referenced", "ppm", "magnetic susceptibility relative to the reference region", False, (-30, 30)),
    Quantity("t2star", "s", "effective transverse relaxation time; 0 where it cannot be computed", False, (0, 10)),
    Quantity("r2star", "1/s", "effective transverse relaxation rate; 0 where it cannot be computed"),
    Quantity("s0", "", "signal magnitude extrapolated to echo time zero", False, (0, float("inf"))),
    Quantity("r2prime", "1/s", "reversible transverse relaxation rate: r2star minus r2"),
    Quantity("chi_paramagnetic", "ppm", "susceptibility of the paramagnetic sources, positive", False, (0, 30)),
    Quantity("chi_diamagnetic", "ppm", "susceptibility of the diamagnetic sources, negative", False, (-30, 0)),
    Quantity(
        "phase_filtered", "rad", "phase without its slow part, positive where the field is higher", True, (-3.2, 3.2)
    ),
    Quantity("swi", "", "magnitude darkened by its phase: veins and iron dark", False, (0, float("inf"))),
    Quantity("swi_minimum", "", "minimum of the weighted image over neighbouring slices", False, (0, float("inf"))),
    Quantity("labels", "", "structures by number (FreeSurfer's and FIRST's, or an atlas's)", False, (0, 1e6)),
    Quantity("nigra_left", "", "left substantia nigra: a mask, or its probability", False, (-0.5, 1.5)),
    Quantity("nigra_right", "", "right substantia nigra: a mask, or its probability", False, (-0.5, 1.5)),
    Quantity("mask_lesions", "", "white matter hyperintensities", False, (-0.5, 1.5)),
    Quantity("mask_white_matter", "", "white matter, such as FAST's", False, (-0.5, 1.5)),
    Quantity("mask_bianca", "", "white matter in which BIANCA looks for lesions", False, (-0.5, 1.5)),
    Quantity("field_gradient", "Hz/mm", "length of the macroscopic field gradient", False, (0, float("inf"))),
    Quantity("dephasing_rate", "1/s", "rate that the field gradient adds to r2star", False, (0, float("inf"))),
    Quantity("t2star_corrected", "s", "t2star without the dephasing by the field gradient", False, (0, 10)),
    Quantity("chi_first", "ppm", "referenced susceptibility of the first visit", False, (-30, 30)),
    Quantity("chi_second", "ppm", "referenced susceptibility of the second visit", False, (-30, 30)),
    Quantity("t2star_first", "s", "effective transverse relaxation time of the first visit", False, (0, 10)),
    Quantity("t2star_second", "s", "effective transverse relaxation time of the second visit", False, (0, 10)),
    Quantity("chi_change", "ppm", "susceptibility of the second visit minus the first", False, (-60, 60)),
    Quantity("t2star_change", "s", "t2star of the second visit minus the first", False, (-10, 10)),
    Quantity("moving", "", "a volume that is moved to another grid"),
    Quantity("moved", "", "the volume on the other grid"),
    Quantity("fixed", "", "the image that another is laid on"),
    Quantity("mask_fixed", "", "where two images are compared, on the fixed image's grid", mask=True),
    Quantity("mask_moved", "", "the brain of the image that was moved", mask=True),
    Quantity("t1w", "", "T1-weighted image of the whole head"),
    Quantity("flair", "", "T2-weighted image with nulled fluid, on T1's grid"),
    Quantity("t1w_brain", "", "T1-weighted image, zero outside the brain"),
]

VOCABULARY: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
