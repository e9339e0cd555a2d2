"""The imaging-derived phenotypes: their names, units and order.

Names and order are those of the published genome-wide results (Wang et al. 2022): thalamus, caudate, putamen,
pallidum, hippocampus, amygdala, accumbens, left before right, then the substantia nigra and the white matter
hyperintensities; susceptibility first, T2* after it. Where UK Biobank's core pipeline has a name and a field for the
same structure, they stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

STRUCTURES: dict[str, tuple[int, int]] = {
    "thalamus": (10, 49),
    "caudate": (11, 50),
    "putamen": (12, 51),
    "pallidum": (13, 52),
    "hippocampus": (17, 53),
    "amygdala": (18, 54),
    "accumbens": (26, 58),
}
"""Left and right number in FIRST's and FreeSurfer's label images, in UK Biobank's order."""

NIGRA = (27, 59)
"""FreeSurfer's numbers of the substantia nigra, left and right."""

SIDES = ("left", "right")
CHI, T2STAR = "chi_referenced", "t2star"
UNITS = {CHI: "ppb", T2STAR: "ms"}
LESIONS = "white_matter_hyperintensities"
FIELDS = {
    "thalamus": (25026, 25027),
    "caudate": (25028, 25029),
    "putamen": (25030, 25031),
    "pallidum": (25032, 25033),
    "hippocampus": (25034, 25035),
    "amygdala": (25036, 25037),
    "accumbens": (25038, 25039),
}
"""UK Biobank's fields of T2* in FIRST's structures, which are not eroded there."""


@dataclass(frozen=True)
class Phenotype:
    """One imaging-derived phenotype.

    Parameters
    ----------
    name : str
        As in the published results.
    region : str
        `left_thalamus`, ..., or `white_matter_hyperintensities`.
    quantity : str
        Of the vocabulary, or `volume`.
    unit : str
    statistic : str
    ukb_name : str
        Of the nearest phenotype of UK Biobank's core pipeline.
    ukb_field : str
    """

    name: str
    region: str
    quantity: str
    unit: str
    statistic: str
    ukb_name: str = ""
    ukb_field: str = ""


def _phenotypes() -> list[Phenotype]:
    found = []
    for quantity, prefix in ((CHI, "QSM"), (T2STAR, "T2")):
        for structure in (*STRUCTURES, "substantia_nigra"):
            for place, side in enumerate(SIDES):
                short = "SN" if structure == "substantia_nigra" else structure
                core = quantity == T2STAR and structure in FIELDS
                found.append(
                    Phenotype(
                        f"{prefix}_{side.capitalize()}_{short}",
                        f"{side}_{structure}",
                        quantity,
                        UNITS[quantity],
                        "median",
                        f"IDP_SWI_T2star_{side}_{structure}" if core else "",
                        str(FIELDS[structure][place]) if core else "",
                    )
                )
        difference = "mean minus median of normal-appearing white matter"
        found.append(Phenotype(f"{prefix}_WMH", LESIONS, quantity, UNITS[quantity], difference))
    return [*found, Phenotype("WMH_volume", LESIONS, "volume", "mm3", "sum", "", "25781")]


PHENOTYPES: tuple[Phenotype, ...] = tuple(_phenotypes())
"""All 35, in UK Biobank's order: 17 of susceptibility, 17 of T2*, and the volume of the lesions."""
