"""Choosing the zero of susceptibility."""
