"""Paramagnetic and diamagnetic sources of one voxel."""
