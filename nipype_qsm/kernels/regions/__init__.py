"""Kernels of the step from maps to numbers of regions."""
