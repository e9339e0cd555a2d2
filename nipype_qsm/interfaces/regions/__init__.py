"""From maps to numbers of regions."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.regions.atlas import AtlasStatistics
from nipype_qsm.interfaces.regions.base import Regions
from nipype_qsm.interfaces.regions.change import Change
from nipype_qsm.interfaces.regions.field_gradient_confound import FieldGradientConfound
from nipype_qsm.interfaces.regions.idp_change import IDPChange
from nipype_qsm.interfaces.regions.idp_table import IDPTable
from nipype_qsm.interfaces.regions.idps import IDPs
from nipype_qsm.interfaces.regions.midway import Midway
from nipype_qsm.interfaces.regions.quality import SubjectQuality

REGIONS = Methods(
    "regions", FieldGradientConfound, IDPs, AtlasStatistics, IDPTable, SubjectQuality, Midway, Change, IDPChange
)

__all__ = [
    "REGIONS",
    "AtlasStatistics",
    "Change",
    "FieldGradientConfound",
    "IDPChange",
    "IDPTable",
    "IDPs",
    "Midway",
    "Regions",
    "SubjectQuality",
]
