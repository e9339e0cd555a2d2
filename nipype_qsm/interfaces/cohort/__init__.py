"""Tables of many subjects: gathered, cleaned, deconfounded, associated, compared; stores of their maps."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.cohort.associate import Associate
from nipype_qsm.interfaces.cohort.base import Cohort
from nipype_qsm.interfaces.cohort.bland_altman import BlandAltman
from nipype_qsm.interfaces.cohort.confounds import BuildConfounds
from nipype_qsm.interfaces.cohort.deconfound import Deconfound
from nipype_qsm.interfaces.cohort.fmrib_unpack import FmribUnpack
from nipype_qsm.interfaces.cohort.gather import Gather
from nipype_qsm.interfaces.cohort.ingest import Ingest
from nipype_qsm.interfaces.cohort.ingest_plan import IngestPlan
from nipype_qsm.interfaces.cohort.inverse_normal import RankInverseNormal
from nipype_qsm.interfaces.cohort.outliers import RemoveOutliers
from nipype_qsm.interfaces.cohort.plot import PlotCohort
from nipype_qsm.interfaces.cohort.reproducibility import Reproducibility
from nipype_qsm.interfaces.cohort.significance import Significance
from nipype_qsm.interfaces.cohort.template import Template
from nipype_qsm.interfaces.cohort.unique_phenotypes import UniquePhenotypes
from nipype_qsm.interfaces.cohort.unit_shares import UnitShares
from nipype_qsm.interfaces.cohort.unit_sums import UnitSums
from nipype_qsm.interfaces.cohort.voxel_design import MakeVoxelDesign
from nipype_qsm.interfaces.cohort.voxel_figures import DrawVoxelFigures
from nipype_qsm.interfaces.cohort.voxel_maps import WriteVoxelMaps
from nipype_qsm.interfaces.cohort.voxelwise import Voxelwise
from nipype_qsm.interfaces.cohort.wmh_regression import WMHRegression

COHORT_METHODS = Methods(
    "cohort",
    Gather,
    FmribUnpack,
    RemoveOutliers,
    WMHRegression,
    RankInverseNormal,
    BuildConfounds,
    Deconfound,
    Associate,
    Significance,
    BlandAltman,
    UniquePhenotypes,
    Reproducibility,
    PlotCohort,
    IngestPlan,
    Ingest,
    UnitShares,
    UnitSums,
    Template,
    MakeVoxelDesign,
    Voxelwise,
    WriteVoxelMaps,
    DrawVoxelFigures,
)

__all__ = [
    "COHORT_METHODS",
    "Associate",
    "BlandAltman",
    "BuildConfounds",
    "Cohort",
    "Deconfound",
    "DrawVoxelFigures",
    "FmribUnpack",
    "Gather",
    "Ingest",
    "IngestPlan",
    "MakeVoxelDesign",
    "PlotCohort",
    "RankInverseNormal",
    "RemoveOutliers",
    "Reproducibility",
    "Significance",
    "Template",
    "UniquePhenotypes",
    "UnitShares",
    "UnitSums",
    "Voxelwise",
    "WMHRegression",
    "WriteVoxelMaps",
]
