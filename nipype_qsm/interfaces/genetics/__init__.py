"""From genotypes and traits to associations, peaks, clusters and heritability."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.genetics.bgen_subset import BgenSubset
from nipype_qsm.interfaces.genetics.bgenie import BGENIE
from nipype_qsm.interfaces.genetics.clusters import Clusters
from nipype_qsm.interfaces.genetics.collect import Collect
from nipype_qsm.interfaces.genetics.export import Export
from nipype_qsm.interfaces.genetics.gwas_plots import GwasPlots
from nipype_qsm.interfaces.genetics.heritability import Heritability
from nipype_qsm.interfaces.genetics.ldsc import LDSC
from nipype_qsm.interfaces.genetics.linear_gwas import LinearGWAS
from nipype_qsm.interfaces.genetics.nearest_gene import NearestGene
from nipype_qsm.interfaces.genetics.peaks import Peaks
from nipype_qsm.interfaces.genetics.plink2 import Plink2
from nipype_qsm.interfaces.genetics.regenie import Regenie
from nipype_qsm.interfaces.genetics.unrelated import Unrelated

GENETICS = Methods(
    "genetics",
    BgenSubset,
    Unrelated,
    LinearGWAS,
    Plink2,
    Regenie,
    BGENIE,
    Collect,
    Peaks,
    Clusters,
    NearestGene,
    Heritability,
    LDSC,
    GwasPlots,
    Export,
)

__all__ = [
    "BGENIE",
    "GENETICS",
    "LDSC",
    "BgenSubset",
    "Clusters",
    "Collect",
    "Export",
    "GwasPlots",
    "Heritability",
    "LinearGWAS",
    "NearestGene",
    "Peaks",
    "Plink2",
    "Regenie",
    "Unrelated",
]
