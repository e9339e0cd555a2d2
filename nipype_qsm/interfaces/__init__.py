"""Typed ports around one kernel each: the same rooms and file names as the kernels."""
