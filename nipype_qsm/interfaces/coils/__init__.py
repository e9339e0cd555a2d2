"""Combining receive coils into one image per echo."""
