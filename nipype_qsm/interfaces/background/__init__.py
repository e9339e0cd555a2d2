"""Removing the field of sources outside the brain."""
