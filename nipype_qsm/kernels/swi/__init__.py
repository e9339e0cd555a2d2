"""Susceptibility-weighted images."""
