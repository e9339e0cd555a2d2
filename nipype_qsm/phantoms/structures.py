"""What the head is made of: susceptibility, relaxation and proton density of each structure.

Susceptibility is relative to water. Nuclei, tissue, bone and air follow the head phantom of the second QSM challenge
(Marques 2021), venous blood lies between that phantom's 0.19 ppm and the 0.57 ppm of a haematocrit of 0.42 with 60 %
oxygenation, and T2* is typical of 3 T. Numbers are FreeSurfer's (and FIRST's) where these have one.

References
----------
Marques et al. 2021, doi:10.1002/mrm.28716; Peters et al. 2007, doi:10.1016/j.mri.2007.02.014
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Structure:
    """One kind of matter.

    Parameters
    ----------
    name : str
    chi : float, ppm
        Relative to water.
    t2star : float, s
        Without the dephasing that the simulated field itself adds.
    proton_density : float
        Relative to water.
    t1 : float, s
    numbers : tuple of int
        Left and right, or one, in the label image; none for what has no label.
    """

    name: str
    chi: float
    t2star: float
    proton_density: float
    t1: float
    numbers: tuple[int, ...] = ()


_ALL = [
    Structure("lateral_ventricle", 0.019, 0.500, 1.00, 4.0, (4, 43)),
    Structure("thalamus", 0.020, 0.050, 0.78, 1.18, (10, 49)),
    Structure("caudate", 0.044, 0.045, 0.80, 1.33, (11, 50)),
    Structure("putamen", 0.038, 0.040, 0.80, 1.30, (12, 51)),
    Structure("pallidum", 0.131, 0.025, 0.72, 1.00, (13, 52)),
    Structure("hippocampus", 0.012, 0.058, 0.82, 1.45, (17, 53)),
    Structure("amygdala", 0.010, 0.060, 0.82, 1.45, (18, 54)),
    Structure("accumbens", 0.030, 0.048, 0.81, 1.38, (26, 58)),
    Structure("substantia_nigra", 0.111, 0.0286, 0.75, 1.11, (27, 59)),
    Structure("red_nucleus", 0.100, 0.0286, 0.75, 1.11, (90, 91)),
    Structure("subthalamic_nucleus", 0.090, 0.032, 0.76, 1.15, (92, 93)),
    Structure("dentate_nucleus", 0.152, 0.031, 0.75, 1.18, (94, 95)),
    Structure("grey_matter", 0.020, 0.062, 0.82, 1.45, (3,)),
    Structure("white_matter", -0.030, 0.050, 0.70, 0.85, (2,)),
    Structure("fluid", 0.019, 0.500, 1.00, 4.0, (24,)),
    Structure("white_matter_lesion", -0.010, 0.072, 0.80, 1.20, (77,)),
    Structure("vein", 0.300, 0.020, 0.85, 1.60, (30,)),
    Structure("microbleed", 0.900, 0.009, 0.60, 1.20, (78,)),
    Structure("calcification", -2.000, 0.0083, 0.10, 1.00, (79,)),
    Structure("soft_tissue", 0.000, 0.040, 0.70, 1.10, (200,)),
    Structure("bone", -2.100, 0.005, 0.05, 0.50, (201,)),
    Structure("air_cavity", 9.400, 0.001, 0.00, 1.00, (202,)),
    Structure("eye", 0.010, 0.400, 1.00, 3.5, (203,)),
    Structure("dural_sinus", 0.300, 0.020, 0.85, 1.60, (205,)),
    Structure("outer_fluid", 0.019, 0.300, 0.95, 3.5, (204,)),
]

STRUCTURES: dict[str, Structure] = {structure.name: structure for structure in _ALL}

NUCLEI = (
    "thalamus",
    "caudate",
    "putamen",
    "pallidum",
    "hippocampus",
    "amygdala",
    "accumbens",
    "substantia_nigra",
    "red_nucleus",
    "subthalamic_nucleus",
    "dentate_nucleus",
)
"""Deep grey matter, whose texture is iron: susceptibility and relaxation rise together."""

AIR_CHI = STRUCTURES["air_cavity"].chi

CHI_SPREAD_BETWEEN_SUBJECTS = 0.08
"""Standard deviation of the logarithm of a nucleus's susceptibility."""


def structures_of(seed: int, known: tuple[Structure, ...] = ()) -> dict[str, Structure]:
    """Return the structures of one subject: nuclei hold more or less iron from subject to subject.

    Parameters
    ----------
    seed : int
        0 is the average subject.
    known : tuple of Structure
        Structures that are given, not drawn.
    """
    if seed == 0:
        return {**STRUCTURES, **{one.name: one for one in known}}
    rng = np.random.default_rng([seed, 11])
    factors = np.exp(CHI_SPREAD_BETWEEN_SUBJECTS * rng.standard_normal(len(NUCLEI)))
    own = dict(STRUCTURES)
    for name, factor in zip(NUCLEI, factors, strict=True):
        old = own[name]
        own[name] = Structure(
            name, old.chi * factor, old.t2star / (0.5 + 0.5 * factor), old.proton_density, old.t1, old.numbers
        )
    return {**own, **{one.name: one for one in known}}


def label_names() -> dict[int, str]:
    """Return the name of every number in the label image, sides included."""
    names = {}
    for structure in _ALL:
        sides = ("left_", "right_") if len(structure.numbers) == 2 else ("",)
        names.update({n: side + structure.name for n, side in zip(structure.numbers, sides, strict=True)})
    return dict(sorted(names.items()))
