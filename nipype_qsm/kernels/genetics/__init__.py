"""Genotypes in, associations, peaks, clusters and heritability out."""
